"""Every kind of fault: what is done about it by default, what else a policy may ask for, and the cure at the source.

`reject` refuses the dataset; `drop` leaves the record out; `repair` puts it right in the derived copy; `warn` keeps
it as it is. What native code cannot take safely has no `warn`, and what has no safe repair has no `repair`.
"""

from dataclasses import dataclass
from typing import Literal

Action = Literal["reject", "repair", "drop", "warn"]


@dataclass(frozen=True)
class Kind:
    """A kind of fault: its default action first, then the other actions it allows."""

    actions: tuple[Action, ...]
    fix: str


_REJECT: tuple[Action, ...] = ("reject",)
_REJECT_DROP: tuple[Action, ...] = ("reject", "drop")
_BOX: tuple[Action, ...] = ("reject", "repair", "drop")
_REPAIR: tuple[Action, ...] = ("repair", "reject")
_WARN: tuple[Action, ...] = ("warn", "reject")
_LEAK: tuple[Action, ...] = ("reject", "drop", "warn")
_LEAK_FIX = "keep both in one split, cut ones by data.group, or leave out what is trained on: data.policy.leak-*: drop"

KINDS: dict[str, Kind] = {
    # the source
    "source-unknown": Kind(_REJECT, "give the folder, file or archive of a dataset in one of the layouts named"),
    "files-ignored": Kind(_WARN, "move the file away if it has no part in the dataset"),
    "archive-unsafe": Kind(_REJECT, "pack files and folders alone, by relative names with / that differ in letters"),
    "archive-encrypted": Kind(_REJECT, "pack it again without a password"),
    "archive-damaged": Kind(_REJECT, "fetch the archive again and compare its checksum"),
    "archive-too-large": Kind(_REJECT, "unpack it yourself and give the folder"),
    # other formats than COCO
    "classes-file": Kind(_REJECT, "list the class names in data.yaml under `names`, or one a line in classes.txt"),
    "class-unnamed": Kind(_WARN, "give each region an attribute `class`"),
    "class-ambiguous": Kind(_REJECT, "call the attribute that names the class `class`"),
    "label-file": Kind(_REJECT_DROP, "write the label file again as UTF-8 text"),
    "label-line": Kind(_REJECT_DROP, "write `class x1 y1 x2 y2 x3 y3 ...`, with three points or more"),
    "label-box": Kind(_REJECT_DROP, "export the segmentation, not the detection labels: masks are what is trained"),
    "label-class": Kind(_REJECT_DROP, "use an index from 0 that names has, or add the name"),
    "label-range": Kind(_REJECT_DROP, "divide x by the image's width and y by its height"),
    "label-unpaired": Kind(_REJECT_DROP, "give an image and its labels the same name, or remove the one that is alone"),
    "mask-values": Kind(_REJECT_DROP, "store numbers of objects: 0 for background, 1, 2, 3 ... in one channel"),
    "mask-size": Kind(_REJECT_DROP, "store the mask at the image's own size"),
    "mask-one-value": Kind(_WARN, "number the objects of an image 1, 2, 3 ... if it shows several"),
    "shape-type": Kind(_REJECT_DROP, "draw the object's area, or remove the shape"),
    "shape-invalid": Kind(_REJECT_DROP, "save the file again with the tool that wrote it, or remove the shape"),
    "shape-class": Kind(_REJECT_DROP, "give the shape one class, or remove it"),
    # the file
    "json-file": Kind(_REJECT, "give the path of a regular, readable COCO JSON file"),
    "json-empty": Kind(_REJECT, "write the file again: nothing is in it"),
    "json-too-large": Kind(_REJECT, "cut the dataset into several files, or read it where there is more memory"),
    "json-encoding": Kind(_REJECT, "save the file as UTF-8 text, unpacked"),
    "json-bom": Kind(_REPAIR, "save the file as UTF-8 without a byte order mark"),
    "json-syntax": Kind(_REJECT, "write the file again with a JSON writer; it was cut, edited by hand or is no JSON"),
    "json-nesting": Kind(_REJECT, "flatten it: COCO nests no deeper than lists of polygons"),
    "json-number": Kind(_REJECT, "write numbers that fit 64 bits"),
    "json-constant": Kind(_WARN, "write null or a number: NaN and Infinity are no JSON"),
    "json-duplicate-key": Kind(_REJECT, "keep one of the two: readers silently take the last"),
    # the shape
    "top-level": Kind(_REJECT, "give an object with images, annotations and categories; results go to `rehead score`"),
    "table": Kind(_REJECT, "write it as a list of objects"),
    "record-type": Kind(_REJECT_DROP, "write an object, or remove the entry"),
    "field-missing": Kind(_REJECT_DROP, "add the field"),
    "id-type": Kind(_REJECT_DROP, "write ids as whole numbers of 64 bits, not as text or booleans"),
    "id-text": Kind(_BOX, "write ids as numbers, without quotation marks"),
    "id-float": Kind(_REPAIR, "write ids as integers"),
    "id-negative": Kind(_REJECT_DROP, "number from 1"),
    "size-invalid": Kind(_REJECT_DROP, "write width and height as positive integers, or give the image's file"),
    "size-value": Kind(_BOX, "write width and height as positive integers, or leave both out"),
    "size-missing": Kind(_REPAIR, "write width and height beside file_name"),
    # ids and names
    "image-id-duplicate": Kind(_REJECT_DROP, "give each image its own id"),
    "annotation-id-missing": Kind(_BOX, "number the annotations of the whole file from 1"),
    "annotation-id-duplicate": Kind(_BOX, "number the annotations of the whole file from 1"),
    "annotation-id-zero": Kind(_REPAIR, "number from 1: COCO evaluation reads 0 as `no match`"),
    "category-id-duplicate": Kind(_REJECT, "give each category its own id"),
    "category-id-zero": Kind(_REPAIR, "number from 1: label 0 means background"),
    "category-name": Kind(_REJECT, "give each category a name that is text"),
    "category-name-duplicate": Kind(_REJECT, "merge the two categories or rename one"),
    "category-name-similar": Kind(_WARN, "merge the two categories if one is meant"),
    "category-name-unsafe": Kind(_REPAIR, "use letters, digits, spaces and plain punctuation"),
    "category-unused": Kind(_WARN, "remove the category, or annotate some: it can be neither learned nor scored"),
    "categories-none": Kind(_REJECT, "list the categories"),
    "categories-differ": Kind(("reject", "repair"), "write one category table and use it in all splits"),
    "categories-conflict": Kind(_REJECT, "give each category one id and one name, the same in all splits"),
    "image-unknown": Kind(_REJECT_DROP, "point image_id at a listed image, or remove the annotation"),
    "category-unknown": Kind(_REJECT_DROP, "point category_id at a listed category, or remove the annotation"),
    "file-name-twice": Kind(_REPAIR, "list each file once"),
    "annotation-duplicate": Kind(("drop", "warn", "reject"), "remove the second annotation"),
    # boxes, areas, crowds
    "image-small": Kind(("drop", "reject"), "remove the image, or cut it differently"),
    "image-aspect": Kind(("drop", "reject"), "remove the image, or cut it into tiles"),
    "bbox-type": Kind(_BOX, "write bbox as four numbers x, y, width, height"),
    "bbox-not-finite": Kind(_BOX, "write finite numbers"),
    "bbox-degenerate": Kind(("repair", "drop", "reject"), "give the box the object's width and height"),
    "bbox-negative": Kind(_BOX, "write x, y of the upper left corner and positive width and height"),
    "bbox-outside": Kind(_BOX, "write x, y, width, height in pixels of this image, not two corners"),
    "bbox-sticks-out": Kind(_REPAIR, "end boxes at the image's border"),
    "bbox-mismatch": Kind(("repair", "warn", "drop", "reject"), "compute the box from the segmentation"),
    "area-missing": Kind(_REPAIR, "write the object's area in pixels"),
    "area-invalid": Kind(_BOX, "write the object's area in pixels"),
    "area-mismatch": Kind(("repair", "warn", "drop", "reject"), "compute the area from the segmentation"),
    "iscrowd-missing": Kind(_REPAIR, "write iscrowd 0, or 1 for regions to ignore"),
    "iscrowd-bool": Kind(_REPAIR, "write iscrowd as 0 or 1"),
    "iscrowd-invalid": Kind(_REJECT_DROP, "write iscrowd as 0 or 1"),
    "crowd-polygon": Kind(("repair", "drop", "reject"), "crowd regions are run lengths; or was iscrowd 0 meant?"),
    "crowd-all": Kind(("repair", "warn", "reject"), "write iscrowd 0 for single objects"),
    # segmentations
    "segmentation-missing": Kind(_REJECT_DROP, "add a mask to each object: masks are what is trained"),
    "segmentation-type": Kind(_REJECT_DROP, "write flat polygons [[x1, y1, x2, y2, ...], ...] or an RLE object"),
    "polygon-points": Kind(_REJECT_DROP, "write at least three points as x, y pairs"),
    "polygon-part": Kind(_REPAIR, "remove parts of fewer than three points"),
    "polygon-not-finite": Kind(_REJECT_DROP, "write finite coordinates"),
    "polygon-range": Kind(_REJECT_DROP, "write coordinates in pixels of this image"),
    "polygon-outside": Kind(_WARN, "end the polygon at the image's border"),
    "polygon-many": Kind(_WARN, "simplify the outline, or store a mask as run lengths"),
    "polygon-too-long": Kind(_REJECT_DROP, "simplify the outline, or store the mask as run lengths"),
    "rle-size": Kind(_REJECT_DROP, "encode the mask at the image's own size, [height, width]"),
    "rle-counts": Kind(_REJECT_DROP, "encode the mask again, from its pixels"),
    "rle-zero-run": Kind(_REPAIR, "encode the mask again: evaluators stop at runs of length zero"),
    "mask-empty": Kind(("drop", "reject"), "remove the annotation, or give it a mask of at least one pixel"),
    # image files
    "file-name": Kind(_REJECT_DROP, "write a relative file_name with / between folders, below the image folder"),
    "file-missing": Kind(_REJECT_DROP, "put the file into the image folder, or remove the image"),
    "file-type": Kind(_REJECT_DROP, "put a regular file there"),
    "file-name-case": Kind(_REPAIR, "write file_name exactly as the file is called"),
    "file-name-collision": Kind(_WARN, "rename one: some systems take them for the same file"),
    "images-unseen": Kind(_WARN, "give the image folder too: damaged or missing files are found in it alone"),
    "files-unlisted": Kind(_WARN, "list them as images without objects, or remove them"),
    "image-empty": Kind(_REJECT_DROP, "fetch the file again"),
    "image-format": Kind(_REJECT_DROP, "store it as JPEG, PNG or WebP"),
    "image-corrupt": Kind(_REJECT_DROP, "fetch or export the file again"),
    "image-crash": Kind(_REJECT_DROP, "export the file again with another program"),
    "image-frames": Kind(_REJECT_DROP, "store one frame or page a file"),
    "image-too-large": Kind(_REJECT_DROP, "cut the image into tiles, or raise data.max_pixels"),
    "image-mode-unsafe": Kind(_REJECT_DROP, "export it as 8-bit RGB or grey"),
    "image-mode": Kind(_REPAIR, "export it as 8-bit RGB or grey"),
    "image-alpha": Kind(_REPAIR, "export it without an alpha channel"),
    "image-end": Kind(_REPAIR, "fetch the file again and compare its checksum"),
    "image-size": Kind(_REJECT_DROP, "write the file's own width and height, and check that the annotations fit it"),
    "exif-orientation": Kind(_REPAIR, "store the pixels upright"),
    "exif-ambiguous": Kind(_WARN, "store the pixels upright, and check that the annotations fit them"),
    # the set
    "images-none": Kind(_REJECT, "list the images"),
    "annotations-none": Kind(_REJECT, "annotate some objects: with none there is nothing to train or score"),
    "images-unannotated": Kind(_WARN, "leave them if they show no object; else annotate them"),
    "images-crowded": Kind(_WARN, "raise model.max_detections above the largest number of objects in an image"),
    "images-repeated": Kind(_WARN, "list each picture once"),
    "images-similar": Kind(_WARN, "leave them, or keep one of each: copies teach little and count twice in a score"),
    "leak-file": Kind(_LEAK, _LEAK_FIX),
    "leak-bytes": Kind(_LEAK, _LEAK_FIX),
    "leak-pixels": Kind(_LEAK, _LEAK_FIX),
    "leak-turned": Kind(_LEAK, _LEAK_FIX),
    "leak-near": Kind(("warn", "drop", "reject"), _LEAK_FIX),
    "leak-group": Kind(("reject", "warn"), "give each group to one split, or change data.group"),
    "group-missing": Kind(("reject", "warn"), "give each image its group; with warn, an image without stands alone"),
    "split-uneven": Kind(_WARN, "set data.seed before the first training: it deals the images anew"),
    # results of a detector
    "results-type": Kind(_REJECT, "write a list of objects: image_id, category_id, bbox, score, segmentation"),
    "result-field": Kind(_REJECT, "write image_id, category_id, bbox, score and, for masks, segmentation"),
    "result-image": Kind(_REJECT, "use the image ids of the truth"),
    "result-category": Kind(_REJECT, "use the category ids of the truth; is it a label that starts from 0?"),
    "result-score": Kind(_REJECT, "write a finite number as score"),
    "result-bbox": Kind(_REJECT, "write four finite numbers x, y, width, height with width and height not negative"),
    "result-segmentation": Kind(_REJECT, "write an RLE of the image's own size, or polygons"),
    "result-box-of-mask": Kind(_WARN, "give boxes too if the detector finds them apart from its masks"),
    "result-limit": Kind(_WARN, "raise the limit of detections an image, or expect recall to suffer"),
}
