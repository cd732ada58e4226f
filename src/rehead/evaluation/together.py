"""The score of a split, predicted by several processes together."""

from rehead.dataset.split import Split
from rehead.detector.build import Detector
from rehead.evaluation.coco_map import Scores
from rehead.evaluation.validation import joined_results, predict_images, score_results
from rehead.training.distributed import Group


def score_together(detector: Detector, split: Split, *, group: Group) -> Scores:
    """Deal out a split's images, gather what was found in each, once and in the split's order, and score it on rank 0.

    Every process gets the scores, which are those that one process alone would give.
    """
    found = group.whole(predict_images(detector, split, group.part(range(len(split)))))
    return group.shared(lambda: score_results(detector, split, joined_results(found, split)))
