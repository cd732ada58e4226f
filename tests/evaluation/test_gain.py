"""Gain and cost of several views, against one look."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rehead.coco.rle import bounding_box, encode
from rehead.dataset.split import ImageRecord, Split
from rehead.detector.build import Detector
from rehead.evaluation.augmented import look_by
from rehead.evaluation.gain import gain_of, seconds_of
from rehead.evaluation.plan import ViewPlan
from rehead.evaluation.validation import predict_split
from tests.evaluation.seeing import Picture, seeing_detector

MIRRORED = ViewPlan(flip_horizontal=True)


@pytest.fixture
def split(tmp_path: Path) -> Split:
    """Six pictures of one triangle each, as few as a verdict takes."""
    (tmp_path / "images").mkdir()
    records, annotations = [], []
    for number in range(1, 7):
        picture = Picture(60, 90)
        picture.add(5 * number, 12, 30 + 5 * number, 40, score=0.8)
        pixels = (picture.image_chw.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "images" / f"{number}.png")
        records.append(ImageRecord(number, f"{number}.png", 90, 60))
        mask = encode(picture.masks[0].numpy())
        own = {"id": number, "image_id": number, "category_id": 1, "iscrowd": 0, "area": 350}
        annotations.append({**own, "bbox": list(bounding_box(mask)), "segmentation": mask})
    images = [{"id": r.id, "file_name": r.file_name, "width": r.width, "height": r.height} for r in records]
    truth = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "nut"}]}
    return Split(tmp_path, "test", ("nut",), tuple(records), truth, {}, "f" * 64)


@pytest.fixture
def detector() -> Detector:
    return seeing_detector(side=60)


def test_one_look_has_no_gain(split: Split, detector: Detector) -> None:
    assert gain_of(detector, split, [], None) is None


def test_a_perfect_detector_gains_nothing(split: Split, detector: Detector) -> None:
    found = gain_of(detector, split, predict_split(detector, split, look=look_by(MIRRORED)), MIRRORED)
    assert found is not None
    assert (found["name"], found["views"]) == ("2 views (mirrored)", 2)
    assert found["mask_AP"] == found["plain_mask_AP"] == pytest.approx(1.0)
    assert (found["mask_gain"], found["verdict"]) == ([0.0, 0.0], "equal")


def test_what_one_look_misses_is_gained(split: Split, detector: Detector) -> None:
    results = predict_split(detector, split, look=look_by(MIRRORED))
    detector.model.roi_heads.boxes_of = lambda *_: ([torch.zeros(0, 4)], [torch.zeros(0)], [torch.zeros(0).long()])
    seen: list[int] = []
    found = gain_of(detector, split, results, MIRRORED, on_image=lambda: seen.append(1))
    assert found is not None
    assert (found["mask_AP"], found["plain_mask_AP"], found["verdict"]) == (pytest.approx(1.0), 0.0, "better")
    assert len(seen) == 6


def test_the_time_of_an_image_is_told_for_both(split: Split, detector: Detector) -> None:
    found = seconds_of(detector, split, MIRRORED)
    assert list(found) == ["seconds_per_image", "one_look_seconds_per_image"]
    assert all(0 < seconds < 60 for seconds in found.values())
    assert seconds_of(detector, split, None) == {}


def test_what_is_reported_is_the_same_at_every_run(split: Split, detector: Detector) -> None:
    results = predict_split(detector, split, look=look_by(MIRRORED))
    first, second = (gain_of(detector, split, results, MIRRORED) for _ in range(2))
    assert first == second
