"""The pyfunc model with a stand-in detector: limits, parameters, answers, and errors that tell nothing more."""

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from mlflow.exceptions import MlflowException
from PIL import Image

from rehead.coco.rle import decode, encode
from rehead.evaluation.prediction import Detections
from rehead.files import write_json
from rehead.serving.manifest import ManifestError, write_manifest
from rehead.serving.model import DetectorModel


class FixedDetector:
    """Finds one object of class `nut` in the upper left quarter of every image, and counts its calls."""

    classes = ("seed", "nut")

    def __init__(self, *, score: float = 0.9) -> None:
        self.score = score
        self.seen: list[tuple[int, ...]] = []

    def find(self, image_chw: torch.Tensor, score_threshold: float) -> Detections:
        self.seen.append(tuple(image_chw.shape))
        _, height, width = image_chw.shape
        mask = np.zeros((height, width), np.uint8)
        mask[: height // 2, : width // 2] = 1
        kept = int(self.score >= score_threshold)
        return Detections(
            boxes_n4=np.array([[0, 0, width / 2, height / 2]], np.float32)[:kept],
            labels_n=np.array([2])[:kept],
            scores_n=np.array([self.score], np.float32)[:kept],
            masks=[encode(mask)][:kept],
        )


def _find(detector: Any, image_chw: torch.Tensor, /, *, score_threshold: float) -> Detections:
    found: Detections = detector.find(image_chw, score_threshold)
    return found


def _context(folder: Path) -> Any:
    artifacts = folder / "artifacts"
    return SimpleNamespace(
        artifacts={"detector": str(artifacts / "detector"), "settings": str(artifacts / "serving.json")}
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "artifacts" / "detector").mkdir(parents=True)
    (tmp_path / "artifacts" / "detector" / "weights").write_bytes(b"w")
    write_json(tmp_path / "artifacts" / "serving.json", {"score_threshold": 0.6})
    write_manifest(tmp_path)
    return tmp_path


def _loaded(folder: Path, detector: Any) -> DetectorModel:
    model = DetectorModel(load=lambda _: detector, predict_one=_find)
    model.load_context(_context(folder))
    detector.seen.clear()
    return model


def _png(width: int = 40, height: int = 30) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (255, 0, 0)).save(stream, format="PNG")
    return stream.getvalue()


def _table(*cells: object) -> pd.DataFrame:
    return pd.DataFrame({"image": list(cells)})


def test_an_answer_names_boxes_labels_classes_scores_and_masks(folder: Path) -> None:
    answer = _loaded(folder, FixedDetector()).predict(None, _table(_png()))[0]
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
    answers = _loaded(folder, FixedDetector()).predict(None, _table(_png(), _png(60, 60)))
    assert json.loads(json.dumps(answers, allow_nan=False)) == answers


def test_masks_come_as_polygons_when_asked_for(folder: Path) -> None:
    answer = _loaded(folder, FixedDetector()).predict(None, _table(_png()), {"mask_format": "polygon"})[0]
    assert answer["masks"] == [[[0, 0, 20, 0, 20, 15, 0, 15]]]


def test_masks_are_null_when_none_are_asked_for(folder: Path) -> None:
    assert _loaded(folder, FixedDetector()).predict(None, _table(_png()), {"mask_format": "none"})[0]["masks"] is None


def test_every_image_has_its_own_forward(folder: Path) -> None:
    detector = FixedDetector()
    _loaded(folder, detector).predict(None, _table(_png(40, 30), _png(50, 20)))
    assert detector.seen == [(3, 30, 40), (3, 20, 50)]


def test_the_detector_sees_numbers_from_zero_to_one(folder: Path) -> None:
    seen: list[torch.Tensor] = []

    def keep(detector: Any, image_chw: torch.Tensor, /, *, score_threshold: float) -> Detections:
        seen.append(image_chw)
        return _find(detector, image_chw, score_threshold=score_threshold)

    model = DetectorModel(load=lambda _: FixedDetector(), predict_one=keep)  # type: ignore[arg-type,return-value]
    model.load_context(_context(folder))
    model.predict(None, _table(_png()))
    torch.testing.assert_close(seen[-1], torch.tensor([1.0, 0.0, 0.0])[:, None, None].expand(3, 30, 40))


def test_without_a_threshold_the_models_own_holds(folder: Path) -> None:
    assert _loaded(folder, FixedDetector(score=0.59)).predict(None, _table(_png()))[0]["scores"] == []


def test_a_requests_threshold_wins(folder: Path) -> None:
    answer = _loaded(folder, FixedDetector(score=0.59)).predict(None, _table(_png()), {"score_threshold": 0.5})[0]
    assert len(answer["scores"]) == 1


def test_a_mask_survives_the_answer(folder: Path) -> None:
    answer = _loaded(folder, FixedDetector()).predict(None, _table(_png()))[0]
    assert decode(answer["masks"][0]).sum() == 15 * 20


@pytest.mark.parametrize(
    "params",
    [
        {"score_threshold": 2},
        {"score_threshold": -1},
        {"score_threshold": float("nan")},
        {"score_threshold": "x"},
        {"score_threshold": True},
        {"score_threshold": None},
        {"mask_format": "bitmap"},
        {"mask_format": None},
        {"threshold": 0.5},
    ],
)
def test_wrong_parameters_are_refused(folder: Path, params: dict[str, Any]) -> None:
    with pytest.raises(MlflowException, match=r"score_threshold|mask_format") as caught:
        _loaded(folder, FixedDetector()).predict(None, _table(_png()), params)
    assert caught.value.get_http_status_code() == 400


@pytest.mark.parametrize("count", [0, 17])
def test_too_few_or_too_many_images_are_refused(folder: Path, count: int) -> None:
    with pytest.raises(MlflowException, match="1 to 16 images") as caught:
        _loaded(folder, FixedDetector()).predict(None, _table(*[_png()] * count))
    assert caught.value.get_http_status_code() == 400


def test_a_list_in_the_only_row_is_taken_as_the_rows(folder: Path) -> None:
    assert len(_loaded(folder, FixedDetector()).predict(None, _table([_png(), _png()]))) == 2


def test_a_table_without_the_column_is_refused(folder: Path) -> None:
    with pytest.raises(MlflowException, match="column `image`"):
        _loaded(folder, FixedDetector()).predict(None, pd.DataFrame({"picture": [_png()]}))


def test_the_row_of_a_bad_image_is_named(folder: Path) -> None:
    with pytest.raises(MlflowException, match="row 1: not an image"):
        _loaded(folder, FixedDetector()).predict(None, _table(_png(), b"junk"))


class FailingDetector(FixedDetector):
    """Works for the first, empty image, then fails with a message that nobody outside should see."""

    def find(self, image_chw: torch.Tensor, score_threshold: float) -> Detections:
        if image_chw.any():
            raise KeyError("/home/someone/secret.txt")
        return super().find(image_chw, score_threshold)


def _failure(folder: Path) -> MlflowException:
    with pytest.raises(MlflowException) as caught:
        _loaded(folder, FailingDetector()).predict(None, _table(_png()))
    return caught.value


def test_an_unexpected_error_is_a_500_with_an_id(folder: Path) -> None:
    failure = _failure(folder)
    assert failure.get_http_status_code() == 500
    assert "error id" in failure.message


def test_an_unexpected_error_tells_no_path_and_no_traceback(folder: Path) -> None:
    body = _failure(folder).serialize_as_json()
    assert "secret" not in body
    assert "Traceback" not in body


def test_the_log_has_the_cause_under_the_same_id(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    identity = str(_failure(folder)).rpartition(" ")[2]
    assert identity in caplog.text
    assert "secret.txt" in caplog.text


def test_the_answer_does_not_echo_what_mlflow_put_into_the_message(folder: Path) -> None:
    with pytest.raises(MlflowException) as caught:
        _loaded(folder, FixedDetector()).predict(None, _table(b"junk"))
    caught.value.message = "Failed to predict data 'junkjunk'. \nError: " + caught.value.message
    assert json.loads(caught.value.serialize_as_json())["message"] == "row 0: not an image in JPEG, PNG or WebP format"


def test_numbers_that_json_has_no_form_for_are_an_error(folder: Path) -> None:
    class EndlessDetector(FixedDetector):
        def find(self, image_chw: torch.Tensor, score_threshold: float) -> Detections:
            found = super().find(image_chw, score_threshold)
            return replace(found, boxes_n4=found.boxes_n4 / (0.0 if image_chw.any() else 1.0))

    model = _loaded(folder, EndlessDetector())
    with pytest.raises(MlflowException) as caught:
        model.predict(None, _table(_png()))
    assert caught.value.get_http_status_code() == 500


def test_a_request_that_waits_too_long_for_its_turn_is_a_429(folder: Path) -> None:
    entered, released = threading.Event(), threading.Event()

    class SlowDetector(FixedDetector):
        def find(self, image_chw: torch.Tensor, score_threshold: float) -> Detections:
            if image_chw.any():
                entered.set()
                released.wait(30)
            return super().find(image_chw, score_threshold)

    model = DetectorModel(load=lambda _: SlowDetector(), predict_one=_find, patience_seconds=0.05)  # type: ignore[arg-type,return-value]
    model.load_context(_context(folder))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(model.predict, None, _table(_png()))
        assert entered.wait(30)
        with pytest.raises(MlflowException) as caught:
            model.predict(None, _table(_png()))
        released.set()
        assert len(first.result(30)) == 1
    assert caught.value.get_http_status_code() == 429


def test_a_changed_folder_is_refused_before_anything_is_loaded(folder: Path) -> None:
    (folder / "artifacts" / "detector" / "weights").write_bytes(b"W")
    loaded: list[Path] = []
    model = DetectorModel(load=loaded.append, predict_one=_find)  # type: ignore[arg-type]
    with pytest.raises(ManifestError, match="weights was changed"):
        model.load_context(_context(folder))
    assert loaded == []


def test_a_detector_that_cannot_predict_is_refused_at_load(folder: Path) -> None:
    def fail(detector: Any, image_chw: torch.Tensor, /, *, score_threshold: float) -> Detections:
        raise RuntimeError("broken weights")

    with pytest.raises(RuntimeError, match="broken weights"):
        DetectorModel(load=lambda _: FixedDetector(), predict_one=fail).load_context(  # type: ignore[arg-type,return-value]
            _context(folder)
        )
