"""A batch that is not what the network expects is told by what is wrong with it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from rehead.cli.doctor.inputs import judge_inputs
from rehead.cli.doctor.subject import measured
from rehead.cli.plans import Plans
from rehead.dataset.split import Sample, Split
from tests.cli.doctor.subjects import PLANS, outcome


def as_corner_and_size(sample: Sample) -> Sample:
    boxes = sample.boxes_n4
    return replace(sample, boxes_n4=torch.cat([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], dim=1))


SABOTAGE: dict[str, Callable[[Sample], Sample]] = {
    "boxes that do not fit their masks": as_corner_and_size,
    "labels outside of 1 to K": lambda s: replace(s, labels_n=s.labels_n - s.labels_n.min()),
    "images with values outside of 0 to 1": lambda s: replace(s, image_chw=s.image_chw * 255),
    "images with values that are not finite": lambda s: replace(s, image_chw=s.image_chw / 0),
    "masks without a pixel": lambda s: replace(
        s, crops=tuple(replace(crop, mask_hw=crop.mask_hw & False) for crop in s.crops)
    ),
    "boxes that stick out of their image": lambda s: replace(s, boxes_n4=s.boxes_n4 * 3),
}


def samples_of(split: Split) -> list[Sample]:
    return [split[place] for place in range(len(split))]


def test_the_canonical_dataset_is_what_the_network_expects(train: Split) -> None:
    assert outcome(judge_inputs(samples_of(train), PLANS, measured(train))) == ("ok", False)


@pytest.mark.parametrize("fault", SABOTAGE)
def test_a_faulty_batch_is_told(train: Split, fault: str) -> None:
    finding = judge_inputs([SABOTAGE[fault](sample) for sample in samples_of(train)], PLANS, measured(train))
    assert outcome(finding) == ("fail", True)
    assert fault in finding.told


def test_one_loose_box_is_no_reason_to_stop(train: Split) -> None:
    first, *others = samples_of(train)
    boxes = first.boxes_n4.clone()
    boxes[0] = torch.tensor([0.0, 0.0, 64.0, 64.0])
    finding = judge_inputs([replace(first, boxes_n4=boxes), *others], PLANS, measured(train))
    assert (finding.state, "1 boxes that do not fit" in finding.told) == ("warn", True)


def test_objects_too_small_for_the_network_and_its_anchors_are_told(train: Split) -> None:
    model = PLANS.model.model_copy(update={"input_size": 32, "anchor_sizes": (64, 128, 256, 512, 1024)})
    finding = judge_inputs(samples_of(train), Plans(model=model), measured(train))
    assert finding.state == "warn"
    assert "model.anchor_sizes: [" in finding.cure
