"""Images and the mask files that belong to them, as a COCO document."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehead.coco.decoding import ImageError
from rehead.coco.formats.draft import Draft
from rehead.coco.formats.label_image import label_objects
from rehead.coco.formats.sizes import upright_size
from rehead.coco.json_file import Document
from rehead.coco.part_faults import PartFaults
from rehead.progress import followed

ONE_CLASS = "object"
Size = tuple[int, int]


@dataclass(frozen=True)
class Mask:
    """A mask file: the image it belongs to by its name without ending, its class, and whether it is all one object."""

    path: Path
    image: str
    label: str
    whole: bool = False


def masks_document(images: Path, pictures: Sequence[str], masks: Sequence[Mask], faults: PartFaults) -> Document:
    """Read the masks of the pictures below `images`; one without the other is a fault.

    An image is left out with its masks if one of them cannot be used: its objects would be taught as background.
    """
    draft = Draft()
    single: list[int] = []
    by_image: dict[str, list[Mask]] = {}
    for mask in masks:
        by_image.setdefault(mask.image, []).append(mask)
    for name in followed(pictures, total=len(pictures), what="masks read"):
        mine = by_image.pop(stem_of(name), [])
        size = upright_size(images / name)
        if not mine:
            faults.add("label-unpaired", name, "no mask has this image's name")
        elif size is None:
            draft.add_image(name, None, name)
        else:
            seen = [_read(mask, size, faults) for mask in mine]
            sound = [one for one in seen if one is not None]
            if len(sound) == len(seen):
                _add(draft, name, mine, sound)
                single += [*sound[0][1]] if len(sound) == len(sound[0][1]) == 1 and not mine[0].whole else []
    for mask in (mask for rest in by_image.values() for mask in rest):
        faults.add("label-unpaired", _place(mask, faults), f"no image in {images} is called {mask.image!a}")
    if len(single) == len(pictures) > 1 and len(set(single)) == 1:
        text = f"all {len(single)} masks hold one value, {single[0]}: where it covers several objects, they are one"
        faults.add("mask-one-value", "", text)
    return draft.document()


def stem_of(name: str) -> str:
    """Take the ending off a name with folders."""
    return Path(name).with_suffix("").as_posix()


def _read(mask: Mask, size: Size, faults: PartFaults) -> tuple[Size, dict[int, dict[str, Any]]] | None:
    """Read the objects of one mask of an image of `size` width and height; None with the fault noted."""
    where = _place(mask, faults)
    try:
        seen, objects = label_objects(mask.path, whole=mask.whole)
    except ImageError as error:
        faults.add(error.code, where, f"the mask {error}")
        return None
    if seen in (size, size[::-1]):
        return seen, objects
    text = f"the mask is {seen[0]}x{seen[1]}, its image {size[0]}x{size[1]}"
    faults.add("mask-size", where, text)
    return None


def _add(draft: Draft, name: str, masks: list[Mask], seen: list[tuple[Size, dict[int, dict[str, Any]]]]) -> None:
    # The size of the masks: against the file's own it tells whether they were drawn on turned pixels.
    image = draft.add_image(name, seen[0][0], name)
    for mask, (_, objects) in zip(masks, seen, strict=True):
        category = draft.add_class(mask.label, mask.label)
        for value, counts in objects.items():
            place = mask.path.name if mask.whole else f"{mask.path.name} value {value}"
            draft.add_object(image, category, counts, f"{name}: {place}")


def _place(mask: Mask, faults: PartFaults) -> str:
    """Name a mask below the folder that faults are told of."""
    return mask.path.relative_to(faults.file).as_posix() if mask.path.is_relative_to(faults.file) else mask.path.name
