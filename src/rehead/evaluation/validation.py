"""A detector's results and scores on a split, checked before they are believed."""

from collections.abc import Callable
from typing import Any

from rehead.coco.results import read_results
from rehead.dataset.split import Split
from rehead.detector.build import Detector
from rehead.evaluation.coco_map import Scores, coco_map
from rehead.evaluation.prediction import coco_results, predict_image

Callback = Callable[[], None]


def predict_split(detector: Detector, split: Split, *, on_image: Callback = lambda: None) -> list[dict[str, Any]]:
    """Detect in every image of a split; returns COCO results with labels as category ids."""
    detector.model.eval()
    results: list[dict[str, Any]] = []
    for index, record in enumerate(split.images):
        results += coco_results(predict_image(detector, split.image(index)), image_id=record.id)
        on_image()
    return read_results(results, split.truth)


def score_split(detector: Detector, split: Split, *, on_image: Callback = lambda: None) -> Scores:
    """Predict a split and score it by the same limit of detections that the model has."""
    results = predict_split(detector, split, on_image=on_image)
    return coco_map(split.truth, results, max_detections=detector.plan.max_detections)
