"""Label masks: images/ beside masks/ with a picture of the same name for each, whose values number the objects.

- masks/NAME.png: 0 is background, each other value is one object. All are of one class: the name in classes.txt, or
  `object`. NAME_mask.png is taken too.
- masks/CLASS/NAME.png: the same for each class.
- masks/NAME/*.png: one object a file, whatever its values above 0, all of one class.

Values may have 8 or 16 bits or be palette indices, of which 255 is void as in PASCAL VOC.
"""

from collections.abc import Iterator
from pathlib import Path

from rehead.coco.formats.class_files import class_file, read_class_names
from rehead.coco.formats.format import Format, Found
from rehead.coco.formats.mask_document import ONE_CLASS, SUFFIXES, Mask, masks_document, stem_of
from rehead.coco.formats.pairs import pairs_in
from rehead.coco.image_files import ImageFolder
from rehead.coco.image_pool import Inspector
from rehead.coco.json_file import Document
from rehead.coco.part_faults import PartFaults
from rehead.coco.parts import Part

_FOLDERS = ("masks", "mask", "labels", "label")
_ENDING = "_mask"


def find(path: Path) -> Found:
    """Find images/ and masks/ with pictures of a kind that can hold numbers."""
    splits: dict[str, tuple[Part, ...]] = {}
    for pair in pairs_in(path, _FOLDERS) if path.is_dir() else ():
        if next(_mask_files(pair.labels), None) is not None:
            part = Part(pair.labels, pair.images, "masks", class_file(path))
            splits[pair.split] = (*splits.get(pair.split, ()), part)
    return Found(splits)


def read(part: Part, faults: PartFaults, inspector: Inspector) -> Document | None:
    """Read all masks of one folder; None if the class name cannot be read."""
    assert part.images is not None
    names = {0: ONE_CLASS} if part.classes is None else read_class_names(part.classes, faults)
    if names is None:
        return None
    label = next(iter(names.values())) if len(names) == 1 else ONE_CLASS
    pictures = sorted(ImageFolder(part.images).listing)
    stems = {stem_of(name) for name in pictures}
    masks = [_mask(file, part.file, stems, label) for file in sorted(_mask_files(part.file))]
    return masks_document(part.images, pictures, masks, faults, inspector)


def _mask(file: Path, root: Path, stems: set[str], label: str) -> Mask:
    """Tell a mask's image and class from where it lies below the root."""
    name = stem_of(file.relative_to(root).as_posix())
    above, _, _ = name.rpartition("/")
    top, _, rest = name.partition("/")
    if above in stems:
        return Mask(file, above, label, whole=True)
    for image, called in ((name, label), (rest, top)):
        for stem in (image, image.removesuffix(_ENDING)):
            if stem in stems:
                return Mask(file, stem, called)
    return Mask(file, name, label)


def _mask_files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())


MASKS = Format(
    layout="label masks (images/NAME.jpg with masks/NAME.png or masks/CLASS/NAME.png, whose values number the objects)",
    find=find,
    read=read,
    open_classes=True,
    whole_folder=True,
)
