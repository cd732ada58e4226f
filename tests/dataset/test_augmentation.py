import numpy as np
import pytest
import torch
from torch import Tensor

from rehead.dataset.augmentation import augment
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import ImageRecord, Sample

ALWAYS = {
    "flip_horizontal": AugmentPlan(flip_horizontal=1.0),
    "flip_vertical": AugmentPlan(flip_horizontal=0.0, flip_vertical=1.0),
    "transpose": AugmentPlan(flip_horizontal=0.0, transpose=1.0),
    "all three": AugmentPlan(flip_horizontal=1.0, flip_vertical=1.0, transpose=1.0),
}


def sample_with_one_object() -> Sample:
    mask = torch.zeros(1, 8, 12, dtype=torch.uint8)
    mask[0, 1:4, 2:9] = 1
    return Sample(
        ImageRecord(1, "a.png", 12, 8), mask.float().repeat(3, 1, 1), box_of(mask[0])[None], torch.tensor([1]), mask
    )


def box_of(mask_hw: Tensor) -> Tensor:
    rows, columns = torch.nonzero(mask_hw, as_tuple=True)
    return torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]).float()


@pytest.mark.parametrize("plan", ALWAYS.values(), ids=ALWAYS)
def test_image_mask_and_box_move_together(plan: AugmentPlan) -> None:
    changed = augment(sample_with_one_object(), plan, rng=np.random.default_rng(0))
    assert torch.equal(changed.image_chw[0], changed.masks_nhw[0].float())
    assert torch.equal(changed.boxes_n4[0], box_of(changed.masks_nhw[0]))


@pytest.mark.parametrize("plan", ALWAYS.values(), ids=ALWAYS)
def test_every_change_moves_the_object(plan: AugmentPlan) -> None:
    before = sample_with_one_object()
    after = augment(before, plan, rng=np.random.default_rng(0))
    assert not torch.equal(after.boxes_n4, before.boxes_n4)


def test_nothing_changes_when_nothing_is_asked_for() -> None:
    before = sample_with_one_object()
    after = augment(before, AugmentPlan(flip_horizontal=0.0), rng=np.random.default_rng(0))
    assert torch.equal(after.image_chw, before.image_chw)


def test_brightness_and_contrast_leave_the_truth_alone() -> None:
    before = sample_with_one_object()
    plan = AugmentPlan(flip_horizontal=0.0, brightness=0.5, contrast=0.5)
    after = augment(before, plan, rng=np.random.default_rng(1))
    assert torch.equal(after.boxes_n4, before.boxes_n4)
    assert not torch.equal(after.image_chw, before.image_chw)
    assert float(after.image_chw.max()) <= 1.0
