"""Several files that make up one split, as one dataset: classes united by name, images by file, ids numbered anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from rehead.coco.faults import FileFaults, shortened
from rehead.coco.records import Annotation, Category, Dataset, ImageRecord


@dataclass(frozen=True)
class Share:
    """What one file holds of a split, the root of its image names, and where its faults go."""

    data: Dataset
    root: Path | None
    faults: FileFaults


def merged(shares: Sequence[Share]) -> Dataset:
    """Unite what the files hold; one file alone stays as it is, with its ids.

    An image that two files list is one image with the objects of both. The same object in both is noted.
    """
    if len(shares) == 1:
        return shares[0].data
    categories: dict[str, Category] = {}
    images: dict[tuple[Path | None, str], ImageRecord] = {}
    annotations: dict[tuple[object, ...], Annotation] = {}
    numbers = count(1)
    for share in shares:
        renumbered = _categories(share.data, categories)
        places = {image.id: (share.root, image.file_name) for image in share.data.images}
        for image in share.data.images:
            images.setdefault(places[image.id], replace(image, id=len(images) + 1))
        for a in share.data.annotations:
            image_id = images[places[a.image_id]].id
            found = replace(a, id=next(numbers), image_id=image_id, category_id=renumbered[a.category_id])
            content = (found.image_id, found.category_id, found.iscrowd, found.bbox, found.counts)
            if content not in annotations or _is_kept(a, places[a.image_id][1], share.faults):
                annotations[(*content, found.id) if content in annotations else content] = found
    extras = [share.data.extra for share in shares]
    return replace(
        shares[0].data,
        categories=tuple(categories.values()),
        images=tuple(images.values()),
        annotations=tuple(annotations.values()),
        # What the files say differently, such as their licences, belongs to none of the others' images.
        extra={key: value for key, value in extras[0].items() if all(extra.get(key) == value for extra in extras)},
        listed=(sum(share.data.listed[0] for share in shares), sum(share.data.listed[1] for share in shares)),
    )


def with_one_table(splits: Mapping[str, Dataset]) -> dict[str, Dataset]:
    """Give all splits the classes of all, numbered by name: where no file lists them, each shows its own alone."""
    names = sorted({category.name for data in splits.values() for category in data.categories})
    table = {name: Category(number, name) for number, name in enumerate(names, start=1)}
    return {split: _renumbered(data, table) for split, data in splits.items()}


def _renumbered(data: Dataset, table: Mapping[str, Category]) -> Dataset:
    ids = {category.id: table[category.name].id for category in data.categories}
    annotations = tuple(replace(a, category_id=ids[a.category_id]) for a in data.annotations)
    return replace(data, categories=tuple(table.values()), annotations=annotations)


def _categories(data: Dataset, united: dict[str, Category]) -> dict[int, int]:
    """Add a file's classes to those of the files before; returns the new ids by the file's own."""
    taken = {category.id for category in united.values()}
    for category in data.categories:
        if category.name not in united:
            number = category.id if category.id not in taken else next(n for n in count(1) if n not in taken)
            taken.add(number)
            united[category.name] = replace(category, id=number)
    return {category.id: united[category.name].id for category in data.categories}


def _is_kept(a: Annotation, file_name: str, faults: FileFaults) -> bool:
    """Note an object that an earlier file has too, and say whether the second stays."""
    text = f"duplicate: image {shortened(file_name)} has this very annotation already, in an earlier file"
    return faults.keeps("annotation-duplicate", f"annotations[id={a.id}]", text)
