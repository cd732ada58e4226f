"""Requests at fault, failures inside and overload: each a status and a short text that tells nothing more."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from mlflow.exceptions import MlflowException

from rehead.evaluation.detections import Detections
from rehead.serving.model import DetectorModel
from tests.serving.fixed import FixedDetector, context_of, find_fixed, loaded, png, table


@pytest.mark.parametrize(
    "params",
    [
        {"score_threshold": 2},
        {"score_threshold": -1},
        {"score_threshold": float("nan")},
        {"score_threshold": "x"},
        {"score_threshold": True},
        {"mask_format": "bitmap"},
        {"mask_format": None},
        {"threshold": 0.5},
    ],
)
def test_wrong_parameters_are_refused(folder: Path, params: dict[str, Any]) -> None:
    with pytest.raises(MlflowException, match=r"score_threshold|mask_format") as caught:
        loaded(folder, FixedDetector()).predict(None, table(png()), params)
    assert caught.value.get_http_status_code() == 400


@pytest.mark.parametrize("count", [0, 17])
def test_too_few_or_too_many_images_are_refused(folder: Path, count: int) -> None:
    with pytest.raises(MlflowException, match="1 to 16 images") as caught:
        loaded(folder, FixedDetector()).predict(None, table(*[png()] * count))
    assert caught.value.get_http_status_code() == 400


def test_a_list_in_the_only_row_is_taken_as_the_rows(folder: Path) -> None:
    assert len(loaded(folder, FixedDetector()).predict(None, table([png(), png()]))) == 2


def test_a_table_without_the_column_is_refused(folder: Path) -> None:
    with pytest.raises(MlflowException, match="column `image`"):
        loaded(folder, FixedDetector()).predict(None, pd.DataFrame({"picture": [png()]}))


def test_the_row_of_a_bad_image_is_named(folder: Path) -> None:
    with pytest.raises(MlflowException, match="row 1: not an image"):
        loaded(folder, FixedDetector()).predict(None, table(png(), b"junk"))


class FailingDetector(FixedDetector):
    """Works for the first, empty image, then fails with a message that nobody outside should see."""

    def find(self, image_chw: torch.Tensor, score_threshold: float) -> Detections:
        if image_chw.any():
            raise KeyError("/home/someone/secret.txt")
        return super().find(image_chw, score_threshold)


def _failure(folder: Path) -> MlflowException:
    with pytest.raises(MlflowException) as caught:
        loaded(folder, FailingDetector()).predict(None, table(png()))
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
        loaded(folder, FixedDetector()).predict(None, table(b"junk"))
    caught.value.message = "Failed to predict data 'junkjunk'. \nError: " + caught.value.message
    assert json.loads(caught.value.serialize_as_json())["message"] == "row 0: not an image in JPEG, PNG or WebP format"


def test_numbers_that_json_has_no_form_for_are_an_error(folder: Path) -> None:
    class EndlessDetector(FixedDetector):
        def find(self, image_chw: torch.Tensor, score_threshold: float) -> Detections:
            found = super().find(image_chw, score_threshold)
            return replace(found, boxes_n4=found.boxes_n4 / (0.0 if image_chw.any() else 1.0))

    model = loaded(folder, EndlessDetector())
    with pytest.raises(MlflowException) as caught:
        model.predict(None, table(png()))
    assert caught.value.get_http_status_code() == 500


def test_a_request_that_waits_too_long_for_its_turn_is_a_429(folder: Path) -> None:
    entered, released = threading.Event(), threading.Event()

    class SlowDetector(FixedDetector):
        def find(self, image_chw: torch.Tensor, score_threshold: float) -> Detections:
            if image_chw.any():
                entered.set()
                released.wait(30)
            return super().find(image_chw, score_threshold)

    model = DetectorModel(load=lambda _: SlowDetector(), predict_one=find_fixed, patience_seconds=0.05)  # type: ignore[arg-type,return-value]
    model.load_context(context_of(folder))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(model.predict, None, table(png()))
        assert entered.wait(30)
        with pytest.raises(MlflowException) as caught:
            model.predict(None, table(png()))
        released.set()
        assert len(first.result(30)) == 1
    assert caught.value.get_http_status_code() == 429
