"""A folder for each image, with images/ and masks/ in it: one object a mask file, as in the Data Science Bowl 2018."""

from pathlib import Path

from rehead.coco.formats.format import Format, Found
from rehead.coco.formats.mask_document import ONE_CLASS, SUFFIXES, Mask, masks_document, stem_of
from rehead.coco.formats.split_names import split_folders, subfolders
from rehead.coco.image_files import is_image_name
from rehead.coco.image_pool import Inspector
from rehead.coco.json_file import Document
from rehead.coco.part_faults import PartFaults
from rehead.coco.parts import WHOLE, Part


def find(path: Path) -> Found:
    """Find folders of one image each, in a folder or in those of its splits."""
    splits: dict[str, tuple[Part, ...]] = {}
    for folder, split in split_folders(path).items():
        if _holds_image_folders(folder):
            splits[split] = (*splits.get(split, ()), _part(folder))
    if "train" in splits:
        return Found(splits)
    return Found({WHOLE: (_part(path),)} if _holds_image_folders(path) else {})


def read(part: Part, faults: PartFaults, inspector: Inspector) -> Document | None:
    """Read all images of one folder with their masks."""
    pictures, masks = [], []
    for folder in subfolders(part.file):
        names = [f"{folder.name}/images/{name}" for name in _pictures(folder)]
        pictures += names
        if len(names) > 1:
            faults.add("label-unpaired", folder.name, f"{len(names)} images share the masks of one folder")
        stem = stem_of(names[0]) if names else folder.name
        files = [file for file in _files(folder / "masks") if file.suffix.lower() in SUFFIXES]
        masks += [Mask(file, stem, ONE_CLASS, whole=True) for file in files]
    return masks_document(part.file, pictures, masks, faults, inspector)


def _part(folder: Path) -> Part:
    return Part(folder, folder, "image_folders")


def _holds_image_folders(folder: Path) -> bool:
    """Say whether some folder in it has masks/ and the one image that they are of."""
    return any((inner / "masks").is_dir() and len(_pictures(inner)) == 1 for inner in subfolders(folder))


def _pictures(folder: Path) -> list[str]:
    return [file.name for file in _files(folder / "images") if is_image_name(file.name)]


def _files(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_file()) if folder.is_dir() else []


IMAGE_FOLDERS = Format(
    layout="a folder for each image (ID/images/ID.png with ID/masks/*.png, one object a file)",
    find=find,
    read=read,
    open_classes=True,
    whole_folder=True,
)
