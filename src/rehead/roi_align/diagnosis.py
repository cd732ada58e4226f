"""Why an operator or a pooler is wrong, in words: half a pixel off, another border rule, another level.

Asked only after a fault was found: numbers say that something is wrong, a person wants to know what.
"""

from collections.abc import Iterable

import numpy as np
import torch

from rehead.roi_align.agreement import SIZE, Operator
from rehead.roi_align.cases import BORDER, INSIDE, PYRAMID_STRIDES, Cases
from rehead.roi_align.difference import Difference
from rehead.roi_align.pyramid import Pooler, draw_levels, level_stride, read_aligned, run_pooler
from rehead.roi_align.reference import Floats

SAME_VALUE = 1e-9
NOTICED_SHIFT = 1e-3
"""In feature pixels; rounding in float64 moves a box by less than a thousand millionth of that."""
MOST = 0.75
"""A shift is told if this share of boxes has the same; a box that is moved over the border reads another one."""


def explain_operator(operator: Operator, cases: Cases, faulty: Iterable[Difference]) -> list[str]:
    """Say whether boxes are read beside their place, and whether only the border is treated in another way."""
    values = [found for found in faulty if found.what == "values" and found.place in (INSIDE, BORDER)]
    if not values:
        return []
    worst = max(values, key=lambda found: found.max_abs)
    if all(found.place == BORDER for found in values):
        return [
            f"{worst.subject}: every box inside the map is right, boxes at or over its border are wrong, "
            f"{worst.worst!r} most: another border rule (samples up to one pixel outside must read the edge, "
            "those farther out 0)"
        ]
    shifts = measure_offsets(operator, cases)
    along, down = np.median(shifts, axis=0)
    alike = np.abs(shifts - (along, down)).max(axis=1) < NOTICED_SHIFT
    if alike.mean() < MOST or max(abs(along), abs(down)) < NOTICED_SHIFT:
        return []
    box = next(found.worst for found in values if found.place == INSIDE)
    return [
        f"{worst.subject}: boxes inside the map, such as {box!r}, are read {along:+.3g} feature pixels along x and "
        f"{down:+.3g} along y beside their place"
    ]


def measure_offsets(operator: Operator, cases: Cases) -> Floats:
    """Measure how far beside its place each box inside the map is read: K,2 as (x, y) in feature pixels.

    On maps that hold each pixel's own coordinates an answer is the place that was read.
    """
    height, width = cases.features_nchw.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    rois = torch.from_numpy(cases.rois_k5[cases.inside_k])
    places = torch.stack([x, y]).double().expand(len(cases.names), 2, height, width).contiguous()
    read_k2 = operator(places, rois, SIZE, cases.scale, 2, False).mean(dim=(2, 3)).numpy()
    first_k2, last_k2 = rois[:, 1:3].numpy() * cases.scale, rois[:, 3:5].numpy() * cases.scale
    return np.asarray(read_k2 - (first_k2 + np.maximum(last_k2, first_k2 + 1)) / 2)


def explain_pooler(subject: str, pooler: Pooler, *, seed: int) -> list[str]:
    """Name the first box that is read from another level of the pyramid than its own, and how many more there are."""
    pyramid = draw_levels(seed)
    pooled, _ = run_pooler(pooler, pyramid, dtype=torch.float64, device=torch.device("cpu"))
    placed = [(image, box) for image, boxes in enumerate(pyramid.boxes) for box in boxes]
    astray = []
    for (image, box), values, name, upstream in zip(placed, pooled, pyramid.names, pyramid.upstream_kcpq, strict=True):
        read_from = [
            stride
            for stride in PYRAMID_STRIDES
            if np.abs(read_aligned(pyramid.maps[stride][image], box, upstream, stride)[0] - values).max() < SAME_VALUE
        ]
        if read_from and level_stride(box) not in read_from:
            astray.append(f"{name!r} is read from the level of stride {read_from[0]} in place of {level_stride(box)}")
    more = f", and {len(astray) - 1} more boxes from another level than theirs" if len(astray) > 1 else ""
    return [f"{subject}: {astray[0]}{more}"] if astray else []
