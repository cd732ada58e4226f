"""Simple copy-paste (Ghiasi et al. 2021, CVPR): objects of one picture on another, with their masks.

Pasted objects are not blended in: the paper finds no gain from it.
"""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from rehead.coco.windows import Crop
from rehead.dataset.frames import KEPT_SHARE, tightened, with_crops
from rehead.dataset.split import Sample


def paste(sample: Sample, donor: Sample, *, rng: np.random.Generator) -> Sample:
    """Lay a random part of the donor's objects over a sample of the same size.

    What they hide is cut from the masks below, and objects of which less than KEPT_SHARE is left are dropped.
    """
    assert donor.size_hw == sample.size_hw, "the donor is brought to the sample's size first"
    if not donor.crops:
        return sample
    chosen = np.sort(rng.permutation(len(donor.crops))[: rng.integers(1, len(donor.crops) + 1)])
    pasted = [donor.crops[at] for at in chosen]
    covered_hw = _covered(pasted, sample.size_hw)
    image_chw = torch.where(torch.from_numpy(covered_hw), donor.image_chw, sample.image_chw)
    below = with_crops(replace(sample, image_chw=image_chw), [_left_of(crop, covered_hw) for crop in sample.crops])
    return replace(
        below,
        boxes_n4=torch.cat([below.boxes_n4, donor.boxes_n4[chosen]]),
        labels_n=torch.cat([below.labels_n, donor.labels_n[chosen]]),
        crops=(*below.crops, *pasted),
    )


def _covered(crops: list[Crop], size_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """Draw what objects cover together, HW."""
    covered_hw = np.zeros(size_hw, dtype=np.bool_)
    for crop in crops:
        at = crop.window
        covered_hw[at.y : at.bottom, at.x : at.right] |= crop.mask_hw
    return covered_hw


def _left_of(crop: Crop, covered_hw: NDArray[np.bool_]) -> Crop | None:
    """Cut from a mask what is covered; None where too little is left."""
    at = crop.window
    left_hw = crop.mask_hw & ~covered_hw[at.y : at.bottom, at.x : at.right]
    if left_hw.sum() < KEPT_SHARE * crop.mask_hw.sum():
        return None
    return tightened(Crop(left_hw, crop.x, crop.y))
