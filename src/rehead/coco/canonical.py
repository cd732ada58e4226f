"""The canonical dataset: upright images, labels 1..K, annotation ids 1..N, compressed run lengths, and a manifest.

Only this copy reaches training and evaluation. The source is never written to.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rehead.coco.decoding import KEPT_FORMATS, decode_image
from rehead.coco.records import Category, Dataset, ImageFacts, ImageRecord
from rehead.coco.tiling import Tiling
from rehead.coco.truth import document_of
from rehead.files import replaced_folder, sha256_of, write_atomically, write_json
from rehead.progress import followed

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_STEM = 100


def write_dataset(
    folder: Path, splits: Mapping[str, Dataset], *, source: str, tiling: Tiling | None = None
) -> dict[str, Any]:
    """Write images/, one JSON a split and manifest.json over `folder`, whole or not at all; returns the manifest.

    The label of a category is its place, from 1, in the order of the source's category ids. A `tiling` takes the
    place of the training split that it was made of.
    """
    origins, uncut = (tiling.origins if tiling else {}), splits
    splits = {**splits, "train": tiling.data} if tiling else splits
    categories = sorted(splits["train"].categories, key=lambda category: category.id)
    images = distinct(splits)
    with replaced_folder(folder) as fresh:
        names = write_images(fresh / "images", images)
        documents = {name: canonical_document(data, categories, names) for name, data in splits.items()}
        for name, document in documents.items():
            write_atomically(fresh / f"{name}.json", json.dumps(document, allow_nan=False))
        manifest = {
            "categories": [category.name for category in categories],
            "source": source,
            "splits": {
                name: {**_summary(documents[name], splits[name]), "source_images": len(uncut[name].images)}
                for name in splits
            },
            "renamed": {
                names[path]: image.file_name
                for image in images
                if (path := _path(image)) not in origins and names[path] != image.file_name
            },
            "tile": tiling.plan.model_dump() if tiling else None,
            "tiles": {names[path]: asdict(origin) for path, origin in origins.items()},
            "files": {f.relative_to(fresh).as_posix(): sha256_of(f) for f in sorted(fresh.rglob("*")) if f.is_file()},
        }
        write_json(fresh / "manifest.json", manifest)
    return manifest


def write_images(folder: Path, images: list[ImageRecord]) -> dict[Path, str]:
    """Write images upright into the new folder `folder`; returns the name of each by its source file."""
    names = _safe_names(images)
    folder.mkdir()
    for image in followed(images, total=len(images), what="images written"):
        _write_image(image, folder / names[_path(image)])
    return names


def located(splits: Mapping[str, Dataset], folder: Path) -> dict[str, Dataset]:
    """Point the images of splits to their copies in `folder`, where `write_dataset` has put them."""
    names = _safe_names(distinct(splits))
    moved: dict[int, Dataset] = {}
    for data in splits.values():
        images = tuple(replace(image, path=folder / "images" / names[_path(image)]) for image in data.images)
        moved.setdefault(id(data), replace(data, images=images))
    return {name: moved[id(data)] for name, data in splits.items()}


def distinct(splits: Mapping[str, Dataset]) -> list[ImageRecord]:
    """List one record a file: train and val may share a file where the policy lets them."""
    return list({_path(image): image for data in splits.values() for image in data.images}.values())


def canonical_document(data: Dataset, categories: list[Category], names: Mapping[Path, str]) -> dict[str, Any]:
    """Build one split's COCO document with contiguous labels and annotation ids."""
    labels = {category.id: label for label, category in enumerate(categories, start=1)}
    renamed = replace(
        data,
        categories=tuple(replace(category, id=labels[category.id]) for category in categories),
        images=tuple(replace(image, file_name=names[_path(image)]) for image in data.images),
        annotations=tuple(replace(a, category_id=labels[a.category_id]) for a in data.annotations),
    )
    return document_of(renamed)


def fingerprint(document: Mapping[str, Any], pixels: Mapping[int, str]) -> str:
    """Hash a split: its categories, each image's id, size and upright pixels, and its annotations."""
    images = [[i["id"], i["width"], i["height"], pixels[i["id"]]] for i in document["images"]]
    content = [document["categories"], images, document["annotations"]]
    return hashlib.sha256(json.dumps(content, separators=(",", ":"), sort_keys=True).encode()).hexdigest()


def _summary(document: Mapping[str, Any], data: Dataset) -> dict[str, Any]:
    return {
        "images": len(document["images"]),
        "annotations": len(document["annotations"]),
        "fingerprint": fingerprint(document, {image.id: _facts(image).pixels for image in data.images}),
    }


def _write_image(image: ImageRecord, target: Path) -> None:
    """Copy the bytes where every reader sees upright RGB in them; else store the upright pixels as PNG."""
    facts = _facts(image)
    if facts.plain:
        shutil.copyfile(_path(image), target)
        return
    # The limit of pixels, which the plan may have raised, was kept when the image was looked at.
    decode_image(_path(image).read_bytes(), max_pixels=facts.width * facts.height).image.save(target, compress_level=3)


def _safe_names(images: list[ImageRecord]) -> dict[Path, str]:
    """Name each file so that it is plain ASCII without folders, and no two names differ by case alone."""
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for image in images:
        suffix = KEPT_FORMATS[_facts(image).format] if _facts(image).plain else ".png"
        stem = _UNSAFE.sub("_", image.file_name.rpartition(".")[0] or image.file_name).strip("._-")[:_LONGEST_STEM]
        name, copies = f"{stem or 'image'}{suffix}", 1
        while name.casefold() in taken:
            copies += 1
            name = f"{stem or 'image'}-{copies}{suffix}"
        taken.add(name.casefold())
        names[_path(image)] = name
    return names


def _path(image: ImageRecord) -> Path:
    assert image.path is not None, "images are looked at before a dataset is written"
    return image.path


def _facts(image: ImageRecord) -> ImageFacts:
    assert image.facts is not None, "images are decoded before a dataset is written"
    return image.facts
