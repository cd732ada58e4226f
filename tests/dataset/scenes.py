"""Samples drawn in a line: filled ellipses and boxes on a black ground, each object's colour its number."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from rehead.coco.windows import Crop, Window
from rehead.dataset.split import ImageRecord, Sample


def disc(height: int, width: int) -> NDArray[np.bool_]:
    """Fill the ellipse that touches all sides of a mask."""
    rows, columns = np.ogrid[:height, :width]
    down, across = (rows + 0.5) / height - 0.5, (columns + 0.5) / width - 0.5
    return np.asarray(down**2 + across**2 <= 0.25)


def scene(height: int, width: int, boxes: Sequence[Window], *, label: int = 1) -> Sample:
    """Draw a sample of full boxes."""
    return scene_of(height, width, [Crop(np.ones((b.height, b.width), dtype=np.bool_), b.x, b.y) for b in boxes], label)


def scene_of(height: int, width: int, crops: Sequence[Crop], label: int = 1) -> Sample:
    """Draw a sample of masks; the n-th of N objects has the value n / N."""
    image_hw = np.zeros((height, width), dtype=np.float32)
    for number, crop in enumerate(crops, start=1):
        at = crop.window
        image_hw[at.y : at.bottom, at.x : at.right][crop.mask_hw] = number / len(crops)
    corners = [(c.x, c.y, c.window.right, c.window.bottom) for c in crops]
    return Sample(
        ImageRecord(1, "drawn.png", width, height),
        torch.from_numpy(image_hw).repeat(3, 1, 1),
        torch.tensor(corners, dtype=torch.float32).reshape(-1, 4),
        torch.full((len(crops),), label),
        tuple(crops),
        (height, width),
    )
