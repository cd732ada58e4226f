import numpy as np
import pytest
import torch
from torch import Tensor

from rehead.coco.windows import Crop, Window
from rehead.dataset.frames import KEPT_SHARE, Frame, cutting, framed, scaling
from tests.dataset.scenes import disc, scene, scene_of


def centre_of(picture_hw: Tensor) -> Tensor:
    rows, columns = (torch.arange(side) + 0.5 for side in picture_hw.shape)
    weights = picture_hw / picture_hw.sum()
    return torch.stack([(weights.sum(1) * rows).sum(), (weights.sum(0) * columns).sum()])


@pytest.mark.parametrize("factor", [0.41, 0.5, 0.83, 1.0, 1.37, 2.0])
def test_masks_stay_where_resizing_leaves_the_picture(factor: float) -> None:
    before = scene_of(96, 80, [Crop(disc(31, 27), 29, 34)])
    frame = scaling(before.size_hw, (200, 200), factor, rng=np.random.default_rng(0))
    after = framed(before, frame)
    seen = after.image_chw[0] if factor >= 1 else after.image_chw[0] * (after.masks_nhw[0] > 0)
    inner = frame.target
    seen = seen[inner.y : inner.bottom, inner.x : inner.right]
    mask = after.masks_nhw[0][inner.y : inner.bottom, inner.x : inner.right].float()
    assert torch.allclose(centre_of(seen), centre_of(mask), atol=0.2)  # by torch's own nearest rule it is half a pixel


def test_a_frame_of_the_whole_changes_nothing() -> None:
    before = scene(20, 30, [Window(3, 4, 5, 6)])
    after = framed(before, Frame(Window(0, 0, 30, 20), Window(0, 0, 30, 20), 20, 30))
    assert torch.equal(after.image_chw, before.image_chw)
    assert torch.equal(after.boxes_n4, before.boxes_n4)


def test_a_box_comes_from_what_is_left_of_its_mask() -> None:
    corner = np.zeros((10, 10), dtype=np.bool_)
    corner[:, 0] = corner[9] = True  # an L: cut at its foot, only the upright is left
    before = scene_of(20, 20, [Crop(corner, 5, 5)])
    after = framed(before, Frame(Window(0, 0, 20, 14), Window(0, 0, 20, 14), 14, 20))
    assert after.boxes_n4.tolist() == [[5.0, 5.0, 6.0, 14.0]]


@pytest.mark.parametrize(("shown", "kept"), [(1, False), (2, True)])
def test_an_object_stays_while_a_tenth_of_it_is_seen(shown: int, kept: bool) -> None:
    before = scene(40, 40, [Window(0, 0, 10, 20), Window(20, 30, 5, 5)])
    assert KEPT_SHARE * 20 == 2
    after = framed(before, Frame(Window(0, 20 - shown, 40, 20), Window(0, 0, 40, 20), 20, 40))
    assert len(after.crops) == 1 + kept


def test_an_object_that_shrinks_to_nothing_is_dropped_with_its_label() -> None:
    before = scene(40, 40, [Window(0, 0, 1, 1), Window(20, 20, 16, 16)])
    after = framed(before, scaling(before.size_hw, (10, 10), 0.25, rng=np.random.default_rng(0)))
    assert len(after.crops) == len(after.labels_n) == len(after.boxes_n4) == 1


def test_a_rim_around_a_smaller_picture_is_what_the_network_sees_as_nothing() -> None:
    before = scene(8, 8, [Window(0, 0, 8, 8)])
    after = framed(before, scaling(before.size_hw, (16, 16), 1.0, rng=np.random.default_rng(0)))
    rim = after.image_chw[:, after.masks_nhw[0] == 0]
    assert torch.allclose(rim, torch.tensor([0.485, 0.456, 0.406])[:, None])


@pytest.mark.parametrize("seed", range(8))
def test_a_cut_shows_the_whole_of_the_object_it_must_show(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 40, 2).tolist()
    must = Window(x, y, 20, 20)
    frame = cutting((60, 60), (0.5, 0.7), rng=rng, around=must)
    assert (frame.height, frame.width) == (30, 42)
    assert frame.source.common(must) == must


def test_a_cut_that_is_smaller_than_the_object_it_must_show_lies_within_it() -> None:
    must = Window(5, 5, 50, 50)
    frame = cutting((60, 60), (0.5, 0.5), rng=np.random.default_rng(0), around=must)
    assert frame.source.common(must) == frame.source


def test_cuts_lie_anywhere_in_a_picture_without_objects() -> None:
    rng = np.random.default_rng(0)
    assert {cutting((4, 4), (0.5, 0.5), rng=rng).source.x for _ in range(50)} == {0, 1, 2}
