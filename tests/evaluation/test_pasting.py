import subprocess
import sys

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate
from torchvision.models.detection.roi_heads import paste_masks_in_image, project_masks_on_boxes

from rehead.coco.rle import decode
from rehead.evaluation.pasting import paste_crop, paste_masks
from tests.evaluation.torchvisions import paste_as_torchvision

HEIGHT, WIDTH = 70, 90
NEAR = 3e-6
"""What single precision may change of a value between 0 and 1."""


def decoded(masks_kmm: Tensor, boxes_k4: Tensor, seen: tuple[int, int] | None = None) -> NDArray[np.bool_]:
    return np.stack([decode(m) == 1 for m in paste_masks(masks_kmm, boxes_k4, height=HEIGHT, width=WIDTH, seen=seen)])


def random_boxes(count: int, *, seed: int, largest: float) -> Tensor:
    """Draw boxes of every size up to so many pixels, some of them outside the image or across its border."""
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(count, 2, generator=generator) * torch.tensor([WIDTH, HEIGHT]) * 1.6 - 20
    return torch.cat([corners, corners + torch.rand(count, 2, generator=generator) * largest], dim=1)


def read_values(mask_mm: Tensor, box_4: Tensor) -> Tensor:
    """Read the mask at every pixel of the image, one by one, as the training target read that pixel."""
    x1, y1, x2, y2 = box_4.double()
    across, down = (torch.arange(WIDTH) - x1) / (x2 - x1) * 2 - 1, (torch.arange(HEIGHT) - y1) / (y2 - y1) * 2 - 1
    places_hw2 = torch.stack(torch.meshgrid(across, down, indexing="xy"), dim=-1)
    return grid_sample(mask_mm.double()[None, None], places_hw2[None], align_corners=False, padding_mode="border")[0, 0]


@pytest.mark.parametrize("largest", [3.0, 40.0, 150.0])
@pytest.mark.parametrize("size", [1, 2, 28])
def test_each_pixel_of_a_box_reads_the_mask_where_the_training_target_read_that_pixel(
    largest: float, size: int
) -> None:
    boxes = random_boxes(100, seed=size, largest=largest)
    masks = torch.rand(100, size, size, generator=torch.Generator().manual_seed(4))
    for mask, box, found in zip(masks, boxes, decoded(masks, boxes), strict=True):
        x1, y1, x2, y2 = box.tolist()
        across, down = (
            (torch.arange(side) + 0.5 >= first) & (torch.arange(side) + 0.5 <= last)
            for side, first, last in ((WIDTH, x1, x2), (HEIGHT, y1, y2))
        )
        if not (across.any() and down.any()):
            continue
        values = read_values(mask, box)
        differs = ((values > 0.5) & across & down[:, None]).numpy() != found
        assert not (differs & ((values - 0.5).abs() > NEAR).numpy()).any()


@pytest.mark.parametrize("largest", [3.0, 40.0, 150.0])
def test_with_torchvisions_boxes_masks_are_torchvisions(largest: float) -> None:
    boxes = random_boxes(1000, seed=5, largest=largest).clamp(min=0).minimum(torch.tensor([WIDTH, HEIGHT] * 2))
    masks = torch.rand(1000, 28, 28, generator=torch.Generator().manual_seed(6))
    values = paste_masks_in_image(masks[:, None], boxes, (HEIGHT, WIDTH))[:, 0].numpy()
    found = np.stack([decode(m) == 1 for m in paste_as_torchvision(masks, boxes, height=HEIGHT, width=WIDTH)])
    differs = (values > 0.5) != found
    assert np.abs(values[differs] - 0.5).max(initial=0.0) <= NEAR
    assert differs.sum() <= 2


def test_a_target_pasted_back_is_the_mask_it_was_drawn_from() -> None:
    truth = torch.zeros(1, HEIGHT, WIDTH)
    truth[:, 20:41, 30:43] = 1.0
    truth[:, 26:35, 34:39] = 0.0
    box = torch.tensor([[30.0, 20.0, 43.0, 41.0]])
    target = project_masks_on_boxes(truth, box, torch.zeros(1), 56)
    assert np.array_equal(decoded(target, box), truth == 1)


@pytest.mark.parametrize("scale", [1.05, 1.7])
def test_a_target_drawn_in_the_enlarged_image_is_pasted_back_as_the_mask(scale: float) -> None:
    truth = torch.zeros(1, 1, HEIGHT, WIDTH)
    truth[..., 20:41, 30:43] = 1.0
    truth[..., 26:35, 34:39] = 0.0
    box, seen = torch.tensor([[30.0, 20.0, 43.0, 41.0]]), (int(HEIGHT * scale), int(WIDTH * scale))
    seen_box = box * torch.tensor([seen[1] / WIDTH, seen[0] / HEIGHT] * 2)
    target = project_masks_on_boxes(interpolate(truth, size=seen)[0], seen_box, torch.zeros(1), 112)
    assert np.array_equal(decoded(target, box, seen), truth[0] == 1)


@pytest.mark.parametrize("first", [0, 4, 11])
@pytest.mark.parametrize("above", ["left", "right"])
def test_a_pixel_at_the_threshold_exactly_is_outside_in_spite_of_rounding(first: int, above: str) -> None:
    ties = [(side, node) for side in range(8, 59) for node in range(1, 28 - 28 // side) if node * side % 28 == 0]
    masks = torch.stack([((torch.arange(28) < node) == (above == "left")).expand(28, 28) for _, node in ties])
    boxes = torch.tensor([[first, first, first + side, first + side] for side, _ in ties]).float()
    for axis, turned in enumerate((masks, masks.mT)):
        lines = [np.flatnonzero(mask.any(axis=axis)) for mask in decoded(turned.float(), boxes)]
        tied = [(at[0] - 1 if above == "right" else at[-1] + 1) - first for at in lines]
        assert tied == [node * side // 28 for side, node in ties]


def test_a_box_between_two_pixel_centres_shows_the_pixel_it_lies_in() -> None:
    assert np.argwhere(decoded(torch.ones(1, 28, 28), torch.tensor([[89.6, 7.1, 90.0, 7.2]]))).tolist() == [[0, 7, 89]]


@pytest.mark.parametrize("box", [(-9, -9, -1, -1), (91, 3, 99, 9), (3e38, 5, 3.1e38, 9), (-3e38, 5, -2e38, 9)])
def test_a_box_outside_the_image_has_an_empty_mask(box: tuple[float, ...]) -> None:
    assert not decoded(torch.ones(1, 28, 28), torch.tensor([box])).any()


def test_a_box_around_everything_fills_the_image() -> None:
    assert decoded(torch.ones(1, 28, 28), torch.tensor([[-3e38, -1e9, 3e38, 1e9]])).all()


def test_masks_pasted_together_are_those_pasted_alone() -> None:
    boxes, masks = random_boxes(400, seed=7, largest=150), torch.rand(400, 28, 28)
    alone = [paste_masks(masks[k : k + 1], boxes[k : k + 1], height=HEIGHT, width=WIDTH)[0] for k in range(400)]
    assert paste_masks(masks, boxes, height=HEIGHT, width=WIDTH) == alone


def test_nothing_found_is_nothing_pasted() -> None:
    assert paste_masks(torch.zeros(0, 28, 28), torch.zeros(0, 4), height=HEIGHT, width=WIDTH) == []


@pytest.mark.parametrize("seen", [(HEIGHT, WIDTH), (100, 100)])
def test_a_crop_shows_the_pasted_mask_and_what_of_it_the_image_cuts_off(seen: tuple[int, int]) -> None:
    boxes, masks = random_boxes(60, seed=8, largest=80), torch.rand(60, 28, 28)
    for mask, box, found in zip(masks, boxes, decoded(masks, boxes, seen), strict=True):
        crop, placed = paste_crop(mask, box, own=(HEIGHT, WIDTH), seen=seen), np.zeros((300, 300), bool)
        x, y = crop.x + 100, crop.y + 100
        placed[y : y + crop.mask_hw.shape[0], x : x + crop.mask_hw.shape[1]] = crop.mask_hw
        assert np.array_equal(placed[100 : 100 + HEIGHT, 100 : 100 + WIDTH], found)
        assert crop.mask_hw.size >= 1


_LARGE = """
from pathlib import Path
import torch
from rehead.evaluation.pasting import paste_masks

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

box = torch.tensor([[0.4, 0.3, 3999.8, 2999.5]])
paste_masks(torch.rand(1, 28, 28), box, height=3000, width=4000)
before = peak()
masks = paste_masks(torch.rand(100, 28, 28), box.repeat(100, 1), height=3000, width=4000)
print(peak() - before, sum(len(mask["counts"]) for mask in masks) / 2**20)
"""


@pytest.mark.slow
def test_a_hundred_objects_as_large_as_a_photograph_take_little_more_memory_than_their_run_lengths() -> None:
    told = subprocess.run([sys.executable, "-c", _LARGE], capture_output=True, text=True, check=True).stdout.split()
    grown, written = (float(number) for number in told)
    assert written > 5
    assert grown < written + 30
