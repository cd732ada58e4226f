"""The pyfunc model with a stand-in detector: what it answers, and what it refuses to load."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rehead.coco.rle import decode, encode
from rehead.evaluation.detections import Detections
from rehead.evaluation.prediction import Look, look_once
from rehead.serving.faults import ServingError
from rehead.serving.manifest import ManifestError
from rehead.serving.model import DetectorModel
from tests.serving.fixed import FixedDetector, context_of, find_fixed, loaded, png, table, write_settings


def test_an_answer_names_boxes_labels_classes_scores_and_masks(folder: Path) -> None:
    answer = loaded(folder, FixedDetector()).predict(None, table(png()))[0]
    mask = np.zeros((30, 40), np.uint8)
    mask[:15, :20] = 1
    assert answer == {
        "boxes": [[0.0, 0.0, 20.0, 15.0]],
        "labels": [2],
        "class_names": ["nut"],
        "scores": [pytest.approx(0.9)],
        "masks": [encode(mask)],
    }


def test_an_answer_is_plain_json(folder: Path) -> None:
    answers = loaded(folder, FixedDetector()).predict(None, table(png(), png(60, 60)))
    assert json.loads(json.dumps(answers, allow_nan=False)) == answers


def test_masks_come_as_polygons_when_asked_for(folder: Path) -> None:
    answer = loaded(folder, FixedDetector()).predict(None, table(png()), {"mask_format": "polygon"})[0]
    assert answer["masks"] == [[[0, 0, 20, 0, 20, 15, 0, 15]]]


def test_masks_are_null_when_none_are_asked_for(folder: Path) -> None:
    assert loaded(folder, FixedDetector()).predict(None, table(png()), {"mask_format": "none"})[0]["masks"] is None


def test_every_image_has_its_own_forward(folder: Path) -> None:
    detector = FixedDetector()
    loaded(folder, detector).predict(None, table(png(40, 30), png(50, 20)))
    assert detector.seen == [(3, 30, 40), (3, 20, 50)]


def test_the_detector_sees_numbers_from_zero_to_one(folder: Path) -> None:
    seen: list[torch.Tensor] = []

    def keep(detector: Any, image_chw: torch.Tensor, /, *, score_threshold: float, look: Look) -> Detections:
        seen.append(image_chw)
        return find_fixed(detector, image_chw, score_threshold=score_threshold, look=look)

    model = DetectorModel(load=lambda _: FixedDetector(), predict_one=keep)  # type: ignore[arg-type,return-value]
    model.load_context(context_of(folder))
    model.predict(None, table(png()))
    torch.testing.assert_close(seen[-1], torch.tensor([1.0, 0.0, 0.0])[:, None, None].expand(3, 30, 40))


def test_without_a_threshold_the_models_own_holds(folder: Path) -> None:
    assert loaded(folder, FixedDetector(score=0.59)).predict(None, table(png()))[0]["scores"] == []


def test_a_requests_threshold_wins(folder: Path) -> None:
    answer = loaded(folder, FixedDetector(score=0.59)).predict(None, table(png()), {"score_threshold": 0.5})[0]
    assert len(answer["scores"]) == 1


@pytest.mark.parametrize(("score", "found"), [(0.7, 0), (0.71, 1)])
def test_an_object_is_answered_from_the_threshold_of_its_class_on(folder: Path, score: float, found: int) -> None:
    write_settings(folder, {"score_threshold": 0.1, "thresholds": {"seed": 0.2, "nut": 0.705}})
    assert len(loaded(folder, FixedDetector(score=score)).predict(None, table(png()))[0]["scores"]) == found


def test_a_class_that_no_threshold_names_is_answered_from_the_common_one_on(folder: Path) -> None:
    write_settings(folder, {"score_threshold": 0.6, "thresholds": {"seed": 0.1}})
    assert loaded(folder, FixedDetector(score=0.59)).predict(None, table(png()))[0]["scores"] == []


@pytest.mark.parametrize(("wished", "found"), [(0.5, 1), (0.6, 0), (None, 0)])
def test_a_requests_threshold_wins_over_every_classs(folder: Path, wished: float | None, found: int) -> None:
    write_settings(folder, {"thresholds": {"seed": 0.0, "nut": 0.9}})
    model = loaded(folder, FixedDetector(score=0.55))
    assert len(model.predict(None, table(png()), {"score_threshold": wished})[0]["scores"]) == found


@pytest.mark.parametrize(("views", "count"), [(None, 1), ({"flip_horizontal": True, "scales": [1.0, 0.5]}, 4)])
def test_an_image_is_looked_at_as_the_package_says(folder: Path, views: dict[str, Any] | None, count: int) -> None:
    looks: list[Look] = []

    def keep(detector: Any, image_chw: torch.Tensor, /, *, score_threshold: float, look: Look) -> Detections:
        looks.append(look)
        return find_fixed(detector, image_chw, score_threshold=score_threshold, look=look)

    write_settings(folder, {} if views is None else {"augment": views})
    model = DetectorModel(load=lambda _: FixedDetector(), predict_one=keep)  # type: ignore[arg-type,return-value]
    model.load_context(context_of(folder))
    model.predict(None, table(png()))
    plan: Any = getattr(looks[-1], "keywords", {}).get("plan")
    assert (1 if looks[-1] is look_once else plan.count) == count


@pytest.fixture
def narrow(folder: Path) -> DetectorModel:
    """A model that takes a thousand pixels at most."""
    write_settings(folder, {"max_pixels": 1000})
    return loaded(folder, FixedDetector())


def test_an_image_over_the_models_own_limit_is_refused(narrow: DetectorModel) -> None:
    with pytest.raises(ServingError, match=r"40x30 is over 0\.001 megapixels"):
        narrow.predict(None, table(png(40, 30)))


def test_for_scoring_the_limits_are_lifted(narrow: DetectorModel) -> None:
    narrow.lift_limits()
    assert len(narrow.predict(None, table(png(40, 30)))) == 1


def test_no_request_lifts_the_limits(narrow: DetectorModel) -> None:
    with pytest.raises(ServingError, match="unknown parameter"):
        narrow.predict(None, table(png(40, 30)), {"max_pixels": 10_000})


def test_a_mask_survives_the_answer(folder: Path) -> None:
    answer = loaded(folder, FixedDetector()).predict(None, table(png()))[0]
    assert decode(answer["masks"][0]).sum() == 15 * 20


def test_a_changed_folder_is_refused_before_anything_is_loaded(folder: Path) -> None:
    (folder / "artifacts" / "detector" / "weights").write_bytes(b"W")
    loaded: list[Path] = []
    model = DetectorModel(load=loaded.append, predict_one=find_fixed)  # type: ignore[arg-type]
    with pytest.raises(ManifestError, match="weights was changed"):
        model.load_context(context_of(folder))
    assert loaded == []


def test_a_detector_that_cannot_predict_is_refused_at_load(folder: Path) -> None:
    def fail(detector: Any, image_chw: torch.Tensor, /, *, score_threshold: float, look: Look) -> Detections:
        raise RuntimeError("broken weights")

    with pytest.raises(RuntimeError, match="broken weights"):
        DetectorModel(load=lambda _: FixedDetector(), predict_one=fail).load_context(  # type: ignore[arg-type,return-value]
            context_of(folder)
        )
