"""Splits against one another: one category table, and no picture in two of them."""

from collections.abc import Mapping
from pathlib import Path

from rehead.coco.faults import FaultLog, FileFaults, shortened
from rehead.coco.records import Dataset, ImageRecord


def check_splits(splits: Mapping[str, Dataset], files: Mapping[str, Path], log: FaultLog) -> None:
    """Compare every split with those before it; faults name the later one's file."""
    seen: dict[tuple[str, str], tuple[str, ImageRecord]] = {}
    first: tuple[str, dict[int, str]] | None = None
    for name, data in splits.items():
        faults = log.of(files[name])
        table = {category.id: category.name for category in data.categories}
        first = first or (name, table)
        if table != first[1]:
            differing = sorted(set(table.items()) ^ set(first[1].items()))[:6]
            text = f"the categories of {name} differ from those of {first[0]}: {shortened(differing)}"
            faults.add("categories-differ", "categories", text)
        for image in data.images:
            _check_image(name, image, seen, faults)


def _check_image(
    split: str, image: ImageRecord, seen: dict[tuple[str, str], tuple[str, ImageRecord]], faults: FileFaults
) -> None:
    """Note the strongest way in which an image is in an earlier split too."""
    keys = [("leak-file", str(image.path or image.file_name))]
    if image.facts is not None:
        keys += [("leak-bytes", image.facts.sha256), ("leak-pixels", image.facts.pixels)]
    reasons = {"leak-file": "the same file", "leak-bytes": "identical bytes", "leak-pixels": "identical pixels"}
    found = next(((code, seen[code, key]) for code, key in keys if (code, key) in seen), None)
    if found is not None and found[1][0] != split:
        code, (other, twin) = found
        text = f"leak: {shortened(image.file_name)} of {split} is in {other} too, as {shortened(twin.file_name)}"
        faults.add(code, f"images[id={image.id}]", f"{text} ({reasons[code]}, duplicate across splits)")
    for key in keys:
        seen.setdefault(key, (split, image))
