import numpy as np
import pytest

from rehead.coco.results import read_results
from rehead.evaluation.answers import as_results
from tests.evaluation.test_comparison import truth_of


def test_an_answer_of_arrays_is_that_of_lists() -> None:
    mask = truth_of(1)["annotations"][0]["segmentation"]
    lists = {"labels": [1], "boxes": [[10.0, 10.0, 40.0, 40.5]], "scores": [0.75], "masks": [mask]}
    arrays = {name: np.array(lists[name], np.float32) for name in ("boxes", "scores")}
    told = as_results({**lists, **arrays, "labels": np.array([1])}, 1)
    assert told == as_results(lists, 1)
    assert read_results(told, truth_of(1)) == told


@pytest.mark.parametrize("kind", [list, np.array])
def test_an_answer_without_objects_is_no_result(kind: type) -> None:
    empty = kind([])
    assert as_results({"labels": empty, "boxes": empty, "scores": empty, "masks": []}, 1) == []
