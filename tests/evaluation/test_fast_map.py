"""hotcoco in the processes that use it."""

import multiprocessing
import queue

import numpy as np
import pytest

from rehead.coco.rle import encode
from rehead.evaluation.coco_map import coco_map
from rehead.evaluation.fast_map import _MOST_CHARACTERS
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


def test_classes_whose_masks_are_too_many_to_score_together_score_as_together() -> None:
    noise = np.random.default_rng(0).random((84, 400, 400)) < 0.5
    masks = [encode(mask_hw) for mask_hw in noise]
    assert sum(len(mask["counts"]) for mask in masks) > 1.5 * _MOST_CHARACTERS
    things = [
        {"category_id": 7 - number % 4, "image_id": number // 4, "segmentation": mask}
        for number, mask in enumerate(masks)
    ]
    truth = {
        "images": [{"id": number, "height": 400, "width": 400} for number in range(21)],
        "categories": [{"id": number, "name": f"class {number}"} for number in (7, 4, 6, 5)],
        "annotations": [
            {**thing, "id": number + 1, "iscrowd": 0, "area": 80_000, "bbox": [0, 0, 400, 400]}
            for number, thing in enumerate(things[::2])
        ],
    }
    results = [{**thing, "score": number / 100} for number, thing in enumerate(things)]
    fast, slow = (coco_map(truth, results, heads=["mask"], by=by) for by in ("fast", "reference"))
    assert fast == slow
