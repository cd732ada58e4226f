"""Images and the mask files that belong to them, as a COCO document."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rehead.coco.formats.draft import Draft
from rehead.coco.formats.sizes import upright_size
from rehead.coco.image_pool import Inspector, Labels
from rehead.coco.json_file import Document
from rehead.coco.part_faults import PartFaults
from rehead.progress import followed

ONE_CLASS = "object"
SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".gif")
Size = tuple[int, int]


@dataclass(frozen=True)
class Mask:
    """A mask file: the image it belongs to by its name without ending, its class, and whether it is all one object."""

    path: Path
    image: str
    label: str
    whole: bool = False


def masks_document(
    images: Path, pictures: Sequence[str], masks: Sequence[Mask], faults: PartFaults, inspector: Inspector
) -> Document:
    """Read the masks of the pictures below `images`; one without the other is a fault.

    An image is left out with its masks if one of them cannot be used: its objects would be taught as background.
    """
    draft = Draft()
    stems = {stem_of(name) for name in pictures}
    by_image: dict[str, list[Mask]] = {}
    for mask in masks:
        if mask.image in stems:
            by_image.setdefault(mask.image, []).append(mask)
        else:
            faults.add("label-unpaired", _place(mask, faults), f"no image in {images} is called {mask.image!a}")
    asked = [mask for name in pictures for mask in by_image.get(stem_of(name), ())]
    answers = inspector.labels([mask.path for mask in asked], whole=[mask.whole for mask in asked])
    read = iter(list(followed(answers, total=len(asked), what="masks read")))
    single: list[int] = []
    for name in pictures:
        mine = [(mask, next(read)) for mask in by_image.get(stem_of(name), ())]
        if not mine:
            faults.add("label-unpaired", name, "no mask has this image's name")
        elif _is_sound(mine, upright_size(images / name), faults):
            _add(draft, name, mine)
            single += (
                [*mine[0][1].objects] if len(mine) == len(mine[0][1].objects) == 1 and not mine[0][0].whole else []
            )
    if len(single) == len(pictures) > 1 and len(set(single)) == 1:
        text = f"all {len(single)} masks hold one value, {single[0]}: where it covers several objects, they are one"
        faults.add("mask-one-value", "", text)
    return draft.document()


def stem_of(name: str) -> str:
    """Take the ending off a name with folders."""
    return Path(name).with_suffix("").as_posix()


def _is_sound(masks: Sequence[tuple[Mask, Labels]], size: Size | None, faults: PartFaults) -> bool:
    """Note what is wrong with the masks of an image of `size` width and height, which is None for what is no image."""
    sound = True
    for mask, seen in masks:
        fault = seen.fault
        if fault is None and size is not None and seen.size not in (size, size[::-1]):
            fault = ("mask-size", f"is {seen.size[0]}x{seen.size[1]}, its image {size[0]}x{size[1]}")
        if fault is not None:
            faults.add(fault[0], _place(mask, faults), f"the mask {fault[1]}")
            sound = False
    return sound


def _add(draft: Draft, name: str, masks: Sequence[tuple[Mask, Labels]]) -> None:
    # The size of the masks: against the file's own it tells whether they were drawn on turned pixels.
    width, height = masks[0][1].size
    image = draft.add_image(name, (width, height), name)
    for mask, seen in masks:
        category = draft.add_class(mask.label, mask.label)
        for value, counts in seen.objects.items():
            place = mask.path.name if mask.whole else f"{mask.path.name} value {value}"
            draft.add_object(image, category, {"size": [height, width], "counts": counts}, f"{name}: {place}")


def _place(mask: Mask, faults: PartFaults) -> str:
    """Name a mask below the folder that faults are told of."""
    return mask.path.relative_to(faults.file).as_posix() if mask.path.is_relative_to(faults.file) else mask.path.name
