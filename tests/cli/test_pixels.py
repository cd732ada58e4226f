"""Training, serving and `rehead predict` see the same pixels of a picture, whichever way up its camera was held."""

import base64
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rehead.cli.prediction import Model, predict_files
from rehead.coco.ingestion import ingest
from rehead.coco.plan import DataPlan
from rehead.dataset.split import load_split
from rehead.detector.build import build_detector
from rehead.detector.plan import ModelPlan
from rehead.files import write_json
from rehead.serving.images import read_image

ORIENTATIONS = range(1, 9)
SQUARE = {"bbox": [5, 5, 20, 20], "area": 400, "segmentation": [[5, 5, 5, 25, 25, 25, 25, 5]]}
PLAN = ModelPlan(weights="none", input_size=64, fpn_channels=16, box_head=16, mask_layers=(8,), max_detections=4)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A COCO folder of eight JPEG files, one an orientation, annotated as people see them, too large to scale up."""
    folder = tmp_path_factory.mktemp("photographs")
    (folder / "images").mkdir()
    for split, orientations in {"train": (1, 2, 3, 4, 5, 6), "val": (7,), "test": (8,)}.items():
        images, annotations = [], []
        for orientation in orientations:
            pixels = np.random.default_rng(orientation).integers(0, 255, (520, 560, 3), dtype=np.uint8)
            exif = Image.Exif()
            exif[0x0112] = orientation
            Image.fromarray(pixels).save(folder / "images" / f"{orientation}.jpg", exif=exif)
            width, height = (520, 560) if orientation >= 5 else (560, 520)
            images.append({"id": orientation, "file_name": f"{orientation}.jpg", "width": width, "height": height})
            annotations.append({"id": orientation, "image_id": orientation, "category_id": 1, "iscrowd": 0, **SQUARE})
        document = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "nut"}]}
        write_json(folder / f"{split}.json", document)
    return folder


@pytest.fixture(scope="module")
def trained_on(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, np.ndarray]:
    """The pixels HW3 that training sees, by orientation."""
    dataset = tmp_path_factory.mktemp("canonical") / "dataset"
    ingest(DataPlan(source=str(photographs)), dataset)
    seen = {}
    for split in (load_split(dataset, name) for name in ("train", "val", "test")):
        for number, record in enumerate(split.images):
            image_hwc = (split.image(number) * 255).round().to(torch.uint8).permute(1, 2, 0)
            seen[int(Path(record.file_name).stem)] = image_hwc.numpy()
    return seen


@pytest.fixture(scope="module")
def drawn_on(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, np.ndarray]:
    """The pixels HW3 that `rehead predict` draws what it found on, here nothing, by orientation."""
    out = tmp_path_factory.mktemp("predicted")
    files = [photographs / "images" / f"{orientation}.jpg" for orientation in ORIENTATIONS]
    detector = build_detector(PLAN, ("nut",))
    detector.model.eval()
    report = predict_files(Model(detector), files, out, threshold=1.0)
    assert (report.faults, report.results) == ([], [])
    return {int(path.stem.split("-")[1]): np.asarray(Image.open(path)) for path in out.iterdir()}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_serving_sees_what_training_saw(orientation: int, photographs: Path, trained_on: dict[int, np.ndarray]) -> None:
    data = (photographs / "images" / f"{orientation}.jpg").read_bytes()
    for sent in (data, base64.b64encode(data).decode()):
        np.testing.assert_array_equal(read_image(sent, row=0), trained_on[orientation])


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_predict_sees_what_training_saw(
    orientation: int, drawn_on: dict[int, np.ndarray], trained_on: dict[int, np.ndarray]
) -> None:
    np.testing.assert_array_equal(drawn_on[orientation], trained_on[orientation])
