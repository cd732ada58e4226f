from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from rehead.coco.windows import Crop
from rehead.dataset.augmentation import augment, draw_view
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import ImageRecord, Sample
from rehead.dataset.views import View

ALWAYS = {
    "flip_horizontal": (AugmentPlan(flip_horizontal=1.0), "h"),
    "flip_vertical": (AugmentPlan(flip_horizontal=0.0, flip_vertical=1.0), "v"),
    "transpose": (AugmentPlan(flip_horizontal=0.0, transpose=1.0), "t"),
    "all three": (AugmentPlan(flip_horizontal=1.0, flip_vertical=1.0, transpose=1.0), "hvt"),
}


def sample_with_one_object() -> Sample:
    mask_hw = torch.zeros(8, 12)
    mask_hw[1:4, 2:9] = 1
    mask_hw[1, 2] = 0
    crop = Crop(mask_hw[1:4, 2:9].bool().numpy(), 2, 1)
    record, image = ImageRecord(1, "a.png", 12, 8), mask_hw.repeat(3, 1, 1)
    return Sample(record, image, box_of(mask_hw)[None], torch.tensor([1]), (crop,), (8, 12))


def viewed(sample: Sample, view: View) -> Sample:
    return replace(
        sample,
        image_chw=view.image(sample.image_chw),
        boxes_n4=view.boxes(sample.boxes_n4, *sample.size_hw),
        crops=tuple(view.crop(crop, *sample.size_hw) for crop in sample.crops),
        size_hw=view.size(*sample.size_hw),
    )


def box_of(mask_hw: Tensor) -> Tensor:
    rows, columns = torch.nonzero(mask_hw, as_tuple=True)
    return torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]).float()


VIEWS = AugmentPlan(flip_vertical=0.5, transpose=0.5).views()


@pytest.mark.parametrize("view", VIEWS, ids=[view.name for view in VIEWS])
def test_image_mask_and_box_move_together(view: View) -> None:
    changed = viewed(sample_with_one_object(), view)
    assert torch.equal(changed.image_chw[0], changed.masks_nhw[0].float())
    assert torch.equal(changed.boxes_n4[0], box_of(changed.masks_nhw[0]))


def test_all_views_differ() -> None:
    pictures = {viewed(sample_with_one_object(), view).image_chw.numpy().tobytes() for view in VIEWS}
    assert len(pictures) == len(VIEWS) == 8


@pytest.mark.parametrize(("plan", "name"), ALWAYS.values(), ids=ALWAYS)
def test_a_view_that_is_certain_is_the_only_one(plan: AugmentPlan, name: str) -> None:
    assert draw_view(plan, rng=np.random.default_rng(0)).name == name
    assert [view.name for view in plan.views()] == [name]


def refuse() -> Sample:
    raise AssertionError("nothing is to be pasted")


def test_nothing_changes_when_nothing_is_asked_for() -> None:
    before = sample_with_one_object()
    after = augment(before, AugmentPlan(flip_horizontal=0.0), refuse, rng=np.random.default_rng(0))
    assert torch.equal(after.image_chw, before.image_chw)


def test_colours_leave_the_truth_alone() -> None:
    plain = sample_with_one_object()
    before = replace(plain, image_chw=plain.image_chw / 2 + 0.2)
    plan = AugmentPlan(flip_horizontal=0.0, brightness=0.5, contrast=0.5, saturation=0.5, hue=0.1)
    after = augment(before, plan, refuse, rng=np.random.default_rng(1))
    assert torch.equal(after.boxes_n4, before.boxes_n4)
    assert not torch.equal(after.image_chw, before.image_chw)
    assert float(after.image_chw.max()) <= 1.0


STRONG = {
    "scale": AugmentPlan(scale=(0.1, 4.0)),
    "crop": AugmentPlan(crop=1.0),
    "all": AugmentPlan(scale=0.9, crop=1.0, copy_paste=0.5, brightness=0.2, hue=0.1),
}


@pytest.mark.parametrize("plan", STRONG.values(), ids=STRONG)
def test_no_sample_loses_all_its_objects(plan: AugmentPlan) -> None:
    for seed in range(30):
        after = augment(sample_with_one_object(), plan, sample_with_one_object, rng=np.random.default_rng(seed))
        assert len(after.crops) >= 1


@pytest.mark.parametrize("plan", STRONG.values(), ids=STRONG)
def test_truth_and_picture_have_one_size_and_each_box_is_that_of_its_mask(plan: AugmentPlan) -> None:
    for seed in range(10):
        after = augment(sample_with_one_object(), plan, sample_with_one_object, rng=np.random.default_rng(seed))
        assert tuple(after.image_chw.shape[1:]) == after.size_hw
        assert len(after.labels_n) == len(after.crops)
        for box, mask_hw in zip(after.boxes_n4, after.masks_nhw, strict=True):
            assert torch.equal(box, box_of(mask_hw))


def test_scaling_leaves_the_size_of_the_picture_as_it_is() -> None:
    before = sample_with_one_object()
    after = augment(before, AugmentPlan(scale=(0.5, 0.5)), refuse, rng=np.random.default_rng(0))
    assert after.size_hw == before.size_hw
    assert after.crops[0].mask_hw.sum() < before.crops[0].mask_hw.sum()
