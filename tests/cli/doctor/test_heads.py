"""Heads and labels that do not fit each other are told with their cure."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor

from rehead.cli.doctor.heads import judge_heads
from rehead.dataset.split import Split
from rehead.detector.build import Detector
from tests.cli.doctor.subjects import outcome


def test_heads_made_for_the_dataset_are_well(detector: Detector, train: Split, val: Split) -> None:
    finding = judge_heads(detector, [train, val], told="")
    assert outcome(finding) == ("ok", False)
    assert finding.numbers["outputs"] == {"box scores": 5, "box offsets": 20, "masks": 5}


def test_a_box_head_without_a_row_for_background_is_told(detector: Detector, train: Split) -> None:
    detector.model.roi_heads.box_predictor = FastRCNNPredictor(8, len(train.classes))
    finding = judge_heads(detector, [train], told="")
    assert outcome(finding) == ("fail", True)
    assert "box scores: 4 outputs, not 5, for 4 classes and background: one for background is missing" in finding.told
    assert "box offsets: 16 outputs, not 20" in finding.told


def test_a_mask_head_without_a_row_for_background_is_told(detector: Detector, train: Split) -> None:
    heads = detector.model.roi_heads
    heads.mask_predictor = heads.mask_predictor.for_outputs(len(train.classes))
    finding = judge_heads(detector, [train], told="")
    assert outcome(finding) == ("fail", True)
    assert "masks: 4 outputs, not 5" in finding.told


def test_classes_in_another_order_are_told(detector: Detector, train: Split) -> None:
    swapped = replace(detector, classes=tuple(reversed(detector.classes)))
    finding = judge_heads(swapped, [train], told="")
    assert outcome(finding) == ("fail", True)
    assert "label 1 is 'star', in the data 'circle'" in finding.told


def test_weights_that_are_not_finite_are_named(detector: Detector, train: Split) -> None:
    with torch.no_grad():
        detector.model.roi_heads.box_head.fc6.weight[0, 0] = torch.nan
    finding = judge_heads(detector, [train], told="")
    assert outcome(finding) == ("fail", True)
    assert "roi_heads.box_head.fc6.weight" in finding.told


@pytest.mark.parametrize(
    ("shifts_categories", "told"), [(True, "categories are numbered 0, 1, 2"), (False, "labels 0")]
)
def test_labels_off_by_one_are_told(detector: Detector, train: Split, shifts_categories: bool, told: str) -> None:
    truth = deepcopy(train.truth)
    for annotation in truth["annotations"]:
        annotation["category_id"] -= 1
    for category in truth["categories"]:
        category["id"] -= shifts_categories
    finding = judge_heads(detector, [replace(train, truth=truth)], told="")
    assert outcome(finding) == ("fail", True)
    assert told in finding.told


def test_a_class_that_is_never_seen_is_worth_a_look(detector: Detector, train: Split) -> None:
    kept = [a for a in train.truth["annotations"] if a["category_id"] != 2]
    finding = judge_heads(detector, [replace(train, truth={**train.truth, "annotations": kept})], told="")
    assert finding.state == "warn"
    assert "1 classes have no object" in finding.told


def test_a_class_that_is_not_in_a_sample_says_nothing(detector: Detector, train: Split) -> None:
    kept = [a for a in train.truth["annotations"] if a["category_id"] != 2]
    few = replace(train, truth={**train.truth, "annotations": kept})
    assert outcome(judge_heads(detector, [few], told="", whole=False)) == ("ok", False)
