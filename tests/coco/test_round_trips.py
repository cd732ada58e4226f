"""From source to canonical copy: the same masks and the same pixels, whatever form and frame the source has.

What the source shows is worked out without this package: masks by pycocotools from the source's own document, and
turned, like the pixels, by Pillow's exif_transpose.
"""

import json
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from pycocotools import mask as native
from pycocotools.coco import COCO

from rehead.coco.ingestion import ingest
from rehead.coco.plan import DataPlan
from rehead.files import read_json

WIDTH, HEIGHT = 64, 48
SIDEWAYS = (5, 6, 7, 8)
SPLITS = ("train", "val", "test")
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
# Annotated on the upright picture; or on the stored one, which the size tells where width and height change places.
CASES = [(o, "upright") for o in range(1, 9)] + [(o, "stored") for o in SIDEWAYS]


def _ring(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    distance = np.hypot(rows - 22, columns - 20)
    ring: np.ndarray = (distance < 18.5) & (distance > 7.3)
    return ring


def _counts(mask_hw: np.ndarray) -> list[int]:
    """Count runs down the columns, zeros first."""
    flat = mask_hw.ravel(order="F").tolist()
    counts, colour = [0], False
    for value in flat:
        if value != colour:
            counts.append(0)
            colour = value
        counts[-1] += 1
    return counts


def _compressed(mask_hw: np.ndarray) -> dict[str, Any]:
    found = native.encode(np.asfortranarray(mask_hw, dtype=np.uint8))
    return {"size": list(mask_hw.shape), "counts": found["counts"].decode()}


def _forms(height: int, width: int) -> dict[str, Any]:
    """Write a mask in each form that COCO has."""
    ring = _ring(height, width)
    return {
        "polygon": [[5.5, 5.5, 5.5, 20.2, 30.1, 20.2]],
        "parts": [[2, 2, 2, 12, 12, 12, 12, 2], [30, 20, 30, 40.5, 43.3, 40]],
        "overlapping parts": [[2, 2, 2, 22, 22, 22, 22, 2], [12.7, 12, 12, 40, 40, 40, 40, 12.2]],
        "crossing itself": [[3, 3, 40, 40, 40, 3, 3, 40]],
        "beyond the border": [[-9.5, 30, 20, height + 9, width + 7.25, 30, 20, 10]],
        "hole": {"size": [height, width], "counts": _counts(ring)},
        "compressed hole": _compressed(ring),
        "compressed noise": _compressed(np.random.default_rng(3).random((height, width)) < 0.4),
    }


FORMS = tuple(_forms(HEIGHT, WIDTH))


def _rle(segmentation: Any, height: int, width: int) -> dict[str, Any]:
    if isinstance(segmentation, list):
        segmentation = native.merge(native.frPyObjects(segmentation, height, width))
    elif isinstance(segmentation["counts"], list):
        segmentation = native.frPyObjects(segmentation, height, width)
    found: dict[str, Any] = segmentation
    return found


def _annotations(height: int, width: int, image_id: int) -> list[dict[str, Any]]:
    """One annotation a form, each of its own category, with the tight box and the area of its mask."""
    found = []
    for category, segmentation in enumerate(_forms(height, width).values(), start=1):
        rle = _rle(segmentation, height, width)
        found.append(
            {
                "id": 100 * image_id + category,
                "image_id": image_id,
                "category_id": category,
                "bbox": native.toBbox(rle).tolist(),
                "area": int(native.area(rle)),
                "iscrowd": 0,
                "segmentation": segmentation,
            }
        )
    return found


def _draw(path: Path, number: int, orientation: int, form: str) -> None:
    pixels = np.random.default_rng(number).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(path, form, exif=exif, **({"lossless": True} if form == "WEBP" else {}))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A COCO folder whose images are called by their orientation and by the frame they were annotated in."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "images").mkdir()
    categories = [{"id": number, "name": form} for number, form in enumerate(FORMS, start=1)]
    documents = {split: {"images": [], "annotations": [], "categories": categories} for split in SPLITS}
    for number, ((orientation, frame), form) in enumerate(zip(CASES, cycle(FORMATS), strict=False), start=1):
        name, document = f"{orientation}-{frame}.img", documents[SPLITS[number % len(SPLITS)]]
        _draw(folder / "images" / name, number, orientation, form)
        turned = orientation in SIDEWAYS and frame == "upright"
        height, width = (WIDTH, HEIGHT) if turned else (HEIGHT, WIDTH)
        document["images"].append({"id": number, "file_name": name, "width": width, "height": height})
        document["annotations"] += _annotations(height, width, number)
    for split, document in documents.items():
        (folder / f"{split}.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Written:
    """The canonical copy: image files by the names of their sources, annotations by source and form."""

    images: dict[str, Path]
    annotations: dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def written(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("canonical") / "dataset"
    ingest(DataPlan(source=str(source)), folder)
    found = Written({}, {})
    for split in SPLITS:
        document = read_json(folder / f"{split}.json")
        names = {image["id"]: Path(image["file_name"]).stem for image in document["images"]}
        found.images.update({names[i["id"]]: folder / "images" / i["file_name"] for i in document["images"]})
        for a in document["annotations"]:
            found.annotations[names[a["image_id"]], FORMS[a["category_id"] - 1]] = a
    return found


@pytest.fixture(scope="module")
def shown(source: Path) -> dict[tuple[str, str], np.ndarray]:
    """The masks of the source as they lie on the upright pictures, by source and form."""
    masks = {}
    for split in SPLITS:
        coco = COCO()
        coco.dataset = json.loads((source / f"{split}.json").read_text(encoding="utf-8"))
        coco.createIndex()
        for annotation in coco.dataset["annotations"]:
            name = Path(coco.imgs[annotation["image_id"]]["file_name"]).stem
            mask_hw = coco.annToMask(annotation)
            if name.endswith("stored"):
                picture = Image.fromarray(mask_hw)
                picture.getexif()[0x0112] = int(name[0])
                mask_hw = np.asarray(ImageOps.exif_transpose(picture))
            masks[name, FORMS[annotation["category_id"] - 1]] = mask_hw
    return masks


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("orientation", "frame"), CASES)
def test_a_mask_comes_out_pixel_for_pixel(
    orientation: int, frame: str, form: str, written: Written, shown: dict[tuple[str, str], np.ndarray]
) -> None:
    key = (f"{orientation}-{frame}", form)
    np.testing.assert_array_equal(native.decode(written.annotations[key]["segmentation"]), shown[key])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("orientation", "frame"), CASES)
def test_a_tight_box_stays_tight(
    orientation: int, frame: str, form: str, written: Written, shown: dict[tuple[str, str], np.ndarray]
) -> None:
    key = (f"{orientation}-{frame}", form)
    rows, columns = np.nonzero(shown[key])
    left, top = int(columns.min()), int(rows.min())
    assert written.annotations[key]["bbox"] == [left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1]


@pytest.mark.parametrize(("orientation", "frame"), CASES)
def test_pixels_come_out_upright_and_unchanged(orientation: int, frame: str, source: Path, written: Written) -> None:
    name = f"{orientation}-{frame}"
    with Image.open(source / "images" / f"{name}.img") as picture, Image.open(written.images[name]) as copy:
        expected = ImageOps.exif_transpose(picture).convert("RGB")
        np.testing.assert_array_equal(np.asarray(copy.convert("RGB")), np.asarray(expected))
        assert copy.getexif().get(0x0112, 1) == 1
