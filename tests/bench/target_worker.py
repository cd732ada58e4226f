"""What the mask targets of one crowded image take: 300 objects, 1333 pixels.

The masks are held, then targets of 28 x 28 are drawn for 512 RoIs, by `ours` or `torchvision` as the argument says.
Prints the growth of the peak in megabytes.
"""

import sys

import numpy as np
import torch
from torchvision.models.detection.roi_heads import project_masks_on_boxes

from rehead.coco.windows import Crop
from rehead.detector.mask_targets import ObjectMasks
from tests.bench.memory import peak, reset_peak

HEIGHT, WIDTH, OBJECTS, ROIS, SIDE = 800, 1333, 300, 512, 28


def draw_objects() -> list[Crop]:
    """Draw ellipses of 16 to 160 pixels."""
    rng = np.random.default_rng(0)
    crops = []
    for _ in range(OBJECTS):
        high, wide = rng.integers(16, 161, 2)
        y, x = np.ogrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
        place = rng.integers(0, (WIDTH - wide, HEIGHT - high))
        crops.append(Crop(x**2 + y**2 <= 1.0, int(place[0]), int(place[1])))
    return crops


def grown(draw: str) -> float:
    """Hold the masks and draw the targets; gives megabytes."""
    crops, index = draw_objects(), torch.arange(ROIS) % OBJECTS
    corners = [(c.x, c.y, c.window.right, c.window.bottom) for c in crops]
    boxes = torch.tensor(corners, dtype=torch.float32)[index]
    warm = ObjectMasks(crops[:1], (HEIGHT, WIDTH), (HEIGHT, WIDTH)).targets(boxes[:1], index[:1], SIDE)
    project_masks_on_boxes(torch.zeros(1, 8, 8), torch.tensor([[0.0, 0.0, 8.0, 8.0]]), index[:1], SIDE)
    assert warm.shape == (1, SIDE, SIDE)
    before = reset_peak()
    if draw == "ours":
        ObjectMasks(crops, (HEIGHT, WIDTH), (HEIGHT, WIDTH)).targets(boxes, index, SIDE)
        held = sum(crop.mask_hw.nbytes for crop in crops)
    else:
        masks_nhw, held = torch.zeros(OBJECTS, HEIGHT, WIDTH, dtype=torch.uint8), 0
        for mask_hw, crop in zip(masks_nhw, crops, strict=True):
            seen = crop.window
            mask_hw[seen.y : seen.bottom, seen.x : seen.right] = torch.from_numpy(crop.mask_hw)
        project_masks_on_boxes(masks_nhw, boxes, index, SIDE)
    return (peak() - before + held) / 1e6


if __name__ == "__main__":
    print(round(grown(sys.argv[1]), 1))
