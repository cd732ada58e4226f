"""hotcoco in the processes that use it."""

import multiprocessing
import queue

import pytest

from rehead.evaluation.coco_map import coco_map
from tests.evaluation.test_coco_map import BOX, annotation, result, truth_of

TRUTH, RESULTS = truth_of(annotation(1, BOX)), [result((10, 18, 40, 40))]


def _score(answers: "multiprocessing.queues.Queue[float | None]") -> None:
    answers.put(coco_map(TRUTH, RESULTS, heads=["mask"]).mask["AP"])


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_forked_after_scoring_scores_too() -> None:
    expected = coco_map(TRUTH, RESULTS, heads=["mask"]).mask["AP"]
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_score, args=(answers,), daemon=True)
    child.start()
    try:
        assert answers.get(timeout=20) == expected
    except queue.Empty:
        raise AssertionError("the forked process gave no answer") from None
    finally:
        child.kill()
        child.join()
