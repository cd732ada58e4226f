"""What an explanation rests on."""

from pathlib import Path

from rehead.dataset.split import Split
from rehead.evaluation.explanation import objects_by_class


def test_a_class_that_no_training_image_shows_has_no_objects_and_is_not_unknown() -> None:
    annotations = [{"category_id": 1, "iscrowd": 0}, {"category_id": 1, "iscrowd": 0}, {"category_id": 2, "iscrowd": 1}]
    split = Split(Path(), "train", ("nut", "bolt", "washer"), (), {"annotations": annotations}, {}, "f" * 64)
    assert objects_by_class(split) == {"nut": 2, "bolt": 0, "washer": 0}
