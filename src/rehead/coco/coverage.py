"""Where in the picture objects lie: how many boxes cover each place, pictures of all sizes laid over each other."""

import numpy as np

from rehead.coco.measurements import Floats, Measurements


def coverage(measured: Measurements, *, cells: int = 48) -> Floats:
    """Count the boxes over each cell of a `cells` x `cells` grid (rows, columns), as a mean over all images.

    Each box adds one to the cells that it touches: the four corners are noted, and summed up along both sides.
    """
    sizes_m2 = measured.sizes_n2[measured.image_m]
    starts_m2 = measured.boxes_m4[:, :2] / sizes_m2 * cells
    ends_m2 = (measured.boxes_m4[:, :2] + measured.boxes_m4[:, 2:]) / sizes_m2 * cells
    left, top = np.floor(starts_m2).astype(np.int64).clip(0, cells).T
    right, bottom = np.ceil(ends_m2).astype(np.int64).clip(0, cells).T
    steps = np.zeros((cells + 1, cells + 1))
    for rows, columns, step in ((top, left, 1), (bottom, right, 1), (top, right, -1), (bottom, left, -1)):
        np.add.at(steps, (rows, columns), step)
    boxes: Floats = steps.cumsum(axis=0).cumsum(axis=1)[:cells, :cells]
    return boxes / max(1, len(measured.file_names))
