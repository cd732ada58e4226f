"""The score of a split, predicted by several processes together."""

from rehead.dataset.split import Split
from rehead.detector.build import Detector
from rehead.evaluation.coco_map import Scores
from rehead.evaluation.validation import Callback, joined_results, predict_images, score_results
from rehead.training.distributed import Group


def score_together(detector: Detector, split: Split, *, group: Group, on_image: Callback = lambda: None) -> Scores:
    """Deal out a split's images, gather what was found in each, once and in the split's order, and score it on rank 0.

    Every process gets the scores, which are those that one process alone would give, and calls `on_image` as often.
    """
    places = group.part(range(len(split)))
    own = predict_images(detector, split, places, on_image=on_image)
    if len(places) < -(-len(split) // group.size):
        on_image()
    found = group.whole(own)
    return group.shared(lambda: score_results(detector, split, joined_results(found, split)))
