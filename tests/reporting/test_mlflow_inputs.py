"""What MLflow's evaluator makes of the truth and the model that it is given."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from rehead.files import write_json
from rehead.reporting.mlflow_evaluator import _truth_of, image_table
from rehead.reporting.packaged import own_limit, own_thresholds
from tests.evaluation.test_comparison import truth_of


def packaged(**settings: Any) -> SimpleNamespace:
    """Stand in for a loaded model of ours, which tells its settings."""
    return SimpleNamespace(metadata=SimpleNamespace(metadata=settings))


@pytest.mark.parametrize(
    "change",
    [
        {"id": 0},
        {"segmentation": [[10, 10, 40, 10, 40, 40]]},
        {"segmentation": {"size": [110, 110], "counts": [12100]}},
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
