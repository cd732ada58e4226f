"""What a finished evaluation says of its data."""

from rehead.evaluation.coco_map import evaluate_heads
from rehead.evaluation.plan import EvaluationPlan
from rehead.evaluation.report import evaluation_report
from tests.evaluation.analysis.drawn import square, truth_of


def test_a_crowd_region_is_no_object_that_a_detection_could_find() -> None:
    truth = truth_of(square(0, 0), square(50, 0, iscrowd=1), square(0, 0, image=2), square(50, 0, image=2), images=2)
    evaluations = evaluate_heads(truth, [], max_detections=1)
    told = evaluation_report(truth, evaluations, EvaluationPlan(resamples=0), max_detections=1, dataset={})
    assert told["images_above_max_detections"] == [2]
