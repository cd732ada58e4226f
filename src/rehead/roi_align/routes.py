"""Ways to the right answer that share nothing with the reference: grid_sample, a linear ramp, shifts and scales."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample

from rehead.roi_align.agreement import SIZE, Operator
from rehead.roi_align.cases import Cases
from rehead.roi_align.difference import Difference, largest

SAMPLES = 2
SHIFT_PIXELS = (3, 5)


def compare_routes(operator: Operator, cases: Cases, *, device: torch.device) -> Iterator[Difference]:
    """Compare the operator in float64 with each route, both `aligned`, on the boxes where the route is exact."""
    features = torch.tensor(cases.features_nchw, device=device)
    rois = torch.tensor(cases.rois_k5, device=device)
    inside = inside_map(cases)
    inner, inner_names = rois[inside], tuple(name for name, kept in zip(cases.names, inside, strict=True) if kept)
    for aligned in (False, True):
        setting = f"aligned={aligned}, {SAMPLES} samples"
        found = operator(features, rois, SIZE, cases.scale, SAMPLES, aligned)
        by_grid = read_by_grid(features, rois, scale=cases.scale, aligned=aligned)
        yield _difference("grid_sample", found, by_grid, cases.names, setting)
        ramp = linear_ramp(features)
        found = operator(ramp, inner, SIZE, cases.scale, SAMPLES, aligned)
        yield _difference("a linear ramp", found, ramp_at_centres(inner, cases.scale, aligned), inner_names, setting)
        found = operator(features, inner, SIZE, cases.scale, SAMPLES, aligned)
        moved = operator(*shift(features, inner, cases.scale), SIZE, cases.scale, SAMPLES, aligned)
        yield _difference("the same box on a shifted map", moved, found, inner_names, setting)
        doubled = torch.cat([inner[:, :1], inner[:, 1:] * 2], dim=1)
        halved = operator(features, doubled, SIZE, cases.scale / 2, SAMPLES, aligned)
        yield _difference("half the scale on twice the box", halved, found, inner_names, setting)


def inside_map(cases: Cases) -> NDArray[np.bool_]:
    """Mark boxes whose samples all lie between pixel centres, so that no border rule plays a part: K."""
    height, width = cases.features_nchw.shape[-2:]
    first_k2, last_k2 = cases.rois_k5[:, 1:3] * cases.scale, cases.rois_k5[:, 3:5] * cases.scale
    last_k2 = np.maximum(last_k2, first_k2 + 1)
    marked: NDArray[np.bool_] = ((first_k2 >= 0.5) & (last_k2 <= [width - 1, height - 1])).all(axis=1)
    return marked


def read_by_grid(features_nchw: Tensor, rois_k5: Tensor, *, scale: float, aligned: bool) -> Tensor:
    """Read the samples with torch's own bilinear reader, zero those beyond a pixel outside, and average bins."""
    height, width = features_nchw.shape[-2:]
    first_k2, span_k2 = _starts_and_spans(rois_k5, scale, aligned)
    steps = (torch.arange(SIZE * SAMPLES, dtype=rois_k5.dtype, device=rois_k5.device) + 0.5) / (SIZE * SAMPLES)
    x_ks, y_ks = (first_k2[:, axis, None] + steps * span_k2[:, axis, None] for axis in (0, 1))
    grid = torch.stack(
        torch.broadcast_tensors(x_ks[:, None, :] * 2 / (width - 1) - 1, y_ks[:, :, None] * 2 / (height - 1) - 1), dim=-1
    )
    read = grid_sample(features_nchw[rois_k5[:, 0].long()], grid, padding_mode="border", align_corners=True)
    near = ((y_ks >= -1) & (y_ks <= height))[:, :, None] & ((x_ks >= -1) & (x_ks <= width))[:, None, :]
    samples = (read * near[:, None]).unflatten(2, (SIZE, SAMPLES)).unflatten(4, (SIZE, SAMPLES))
    return samples.mean(dim=(3, 5))


def linear_ramp(features_nchw: Tensor) -> Tensor:
    """Fill maps of the same shape with 10 y + x, whose mean over a bin is its value at the bin's centre."""
    height, width = features_nchw.shape[-2:]
    y = torch.arange(height, dtype=features_nchw.dtype, device=features_nchw.device)[:, None]
    x = torch.arange(width, dtype=features_nchw.dtype, device=features_nchw.device)
    return ((10 * y + x) / (11 * max(height, width))).expand(features_nchw.shape).contiguous()


def ramp_at_centres(rois_k5: Tensor, scale: float, aligned: bool) -> Tensor:
    """Evaluate the ramp at the centre of each bin, in closed form."""
    raise NotImplementedError
