"""The truth scores 1.0 against itself, or it is told why not."""

from dataclasses import replace
from typing import Any

import pytest

from rehead.cli.doctor.truth import judge_truth
from rehead.dataset.split import Split
from tests.cli.doctor.subjects import outcome


def with_annotations(split: Split, annotations: list[dict[str, Any]]) -> Split:
    by_image = {record.id: [a for a in annotations if a["image_id"] == record.id] for record in split.images}
    return replace(split, truth={**split.truth, "annotations": annotations}, annotations=by_image)


def test_sound_truth_scores_one(val: Split) -> None:
    finding = judge_truth(val, max_detections=100, fullest=0)
    assert outcome(finding) == ("ok", False)
    assert (finding.numbers["box"], finding.numbers["mask"]) == (pytest.approx(1.0), pytest.approx(1.0))


def test_fewer_detections_than_objects_are_told_with_the_number_needed(val: Split) -> None:
    fullest = max(len(found) for found in val.annotations.values())
    finding = judge_truth(val, max_detections=1, fullest=0)
    assert outcome(finding) == ("fail", True)
    assert f"an image holds {fullest} objects, the model reports 1" in finding.told
    assert f"model.max_detections: {fullest} or more" in finding.cure
    assert finding.numbers["reportable"] == len(val.annotations) / len(val.truth["annotations"])


def test_an_image_that_was_not_read_is_worth_a_look(val: Split) -> None:
    finding = judge_truth(val, max_detections=150, fullest=180)
    assert finding.state == "warn"
    assert "model.max_detections: 180 or more" in finding.cure


def test_a_label_that_no_class_has_is_told(val: Split) -> None:
    annotations = [{**a, "category_id": a["category_id"] + 4} for a in val.truth["annotations"]]
    finding = judge_truth(with_annotations(val, annotations), max_detections=100, fullest=0)
    assert outcome(finding) == ("fail", True)
    assert "the truth is no sound result" in finding.told


def test_truth_without_objects_is_told(val: Split) -> None:
    finding = judge_truth(with_annotations(val, []), max_detections=100, fullest=0)
    assert outcome(finding) == ("fail", True)
    assert "box AP is undefined" in finding.told
