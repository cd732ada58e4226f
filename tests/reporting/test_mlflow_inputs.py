"""What MLflow's evaluator makes of the truth and the model that it is given."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from rehead.coco import rle
from rehead.files import write_json
from rehead.reporting.mlflow_artifacts import _unpacked
from rehead.reporting.mlflow_evaluator import _answers, _honoured, _truth_of, image_table
from rehead.reporting.packaged import own_limit, own_thresholds
from tests.evaluation.test_comparison import truth_of
from tests.serving.fixed import png


def packaged(**settings: Any) -> SimpleNamespace:
    """Stand in for a loaded model of ours, which tells its settings."""
    return SimpleNamespace(metadata=SimpleNamespace(metadata=settings))


@pytest.mark.parametrize(
    "change",
    [
        {"id": 0},
        {"segmentation": [[10, 10, 40, 10, 40, 40]]},
        {"segmentation": {"size": [110, 110], "counts": [12100]}},
        {"segmentation": {"size": [110, 110], "counts": "53"}},  # 5 + 3 pixels: it was an endless loop
        {"segmentation": {"size": [55, 220], "counts": rle.encode(np.ones((55, 220)))["counts"]}},
        {"segmentation": rle.counts_to_rle([5, 0, 12095], 110, 110)},
        {"category_id": 3},
    ],
)
def test_truth_that_evaluators_misread_is_refused_with_what_to_do(tmp_path: Path, change: dict[str, Any]) -> None:
    truth = truth_of(1)
    truth["annotations"][0] |= change
    write_json(tmp_path / "test.json", truth)
    Image.new("L", (110, 110)).save(tmp_path / "1.png")
    with pytest.raises(ValueError, match=r"of image 1 .* make the table of data/dataset/test\.json"):
        _truth_of(image_table(tmp_path / "test.json", tmp_path))


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="no row"):
        _truth_of(pd.DataFrame({"image": [], "truth": []}))


def test_a_package_with_one_threshold_is_counted_by_it() -> None:
    assert own_thresholds(packaged(score_threshold=0.7), ["nut", "bolt"]) == {"nut": 0.7, "bolt": 0.7}


def test_a_package_with_thresholds_of_its_classes_is_counted_by_those() -> None:
    told = own_thresholds(packaged(score_threshold=0.5, thresholds={"nut": 0.3}), ["nut", "bolt"])
    assert told == {"nut": 0.3, "bolt": 0.5}


def test_a_model_of_another_tool_tells_no_threshold() -> None:
    assert own_thresholds(SimpleNamespace(metadata=None), ["nut"]) == {}


def test_a_package_is_scored_by_the_limit_of_detections_that_it_has_and_others_by_cocos() -> None:
    assert (own_limit(packaged(max_detections=300)), own_limit(SimpleNamespace(metadata=None))) == (300, 100)


@pytest.mark.parametrize("form", [list, pd.DataFrame])
def test_a_models_answer_may_be_a_list_or_a_table(form: Any) -> None:
    answer = {"boxes": np.array([[1, 2, 3, 4]], np.float32), "scores": np.array([0.5], np.float32), "masks": [{}]}
    model = SimpleNamespace(predict=lambda table, params: form([answer]))
    [told] = _answers(model, pd.Series([b""]))
    assert told == answer


def test_a_model_computes_by_one_thread_as_the_evaluation_does() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    model = SimpleNamespace(predict=lambda table, params: [{"threads": torch.get_num_threads()}])
    assert [answer["threads"] for answer in _answers(model, pd.Series([b"", b""]))] == [1, 1]
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", ["threshold", "augment"])
def test_a_setting_that_only_the_pipeline_follows_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"evaluator_config: {name} cannot be followed"):
        _honoured({"resamples": 20, name: "f1"})


def test_a_picture_that_cannot_be_shown_is_left_out_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cells = [png(110, 110), b"junk", png(40, 30), png(110, 110)]
    shown = list(_unpacked(tmp_path, truth_of(4), cells, {1, 2, 3}))
    assert [(one["id"], (tmp_path / one["file_name"]).is_file()) for one in shown] == [(1, True)]
    assert "row 1: not an image" in caplog.text
    assert "row 2: the image has not the size" in caplog.text
