"""Ways to the right answer that share nothing with the reference: grid_sample, a linear ramp, shifts and scales."""

from collections.abc import Iterator
from functools import partial
from itertools import compress

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, pad

from rehead.roi_align.agreement import SIZE, Operator
from rehead.roi_align.cases import TOGETHER, Cases
from rehead.roi_align.difference import Difference, largest

SAMPLES = 2
SHIFT_PIXELS = (3, 5)


def compare_routes(subject: str, operator: Operator, cases: Cases, *, device: torch.device) -> Iterator[Difference]:
    """Compare the operator in float64 with each route, both `aligned`, on the boxes where the route is exact."""
    features = torch.tensor(cases.features_nchw, device=device)
    rois = torch.tensor(cases.rois_k5, device=device)
    inside = cases.inside_k
    inner, inner_names = rois[torch.from_numpy(inside)], tuple(compress(cases.names, inside))
    doubled = inner * torch.tensor([1, 2, 2, 2, 2], dtype=inner.dtype, device=device)
    for aligned in (False, True):
        difference = partial(_difference, subject, f"aligned={aligned}, {SAMPLES} samples")
        read = operator(features, rois, SIZE, cases.scale, SAMPLES, aligned)
        expected = read_by_grid(features, rois, scale=cases.scale, aligned=aligned)
        yield difference("grid_sample", read, expected, cases.names)
        read = operator(linear_ramp(features), inner, SIZE, cases.scale, SAMPLES, aligned)
        expected = ramp_at_centres(features, inner, scale=cases.scale, aligned=aligned)
        yield difference("a linear ramp", read, expected, inner_names)
        plain = operator(features, inner, SIZE, cases.scale, SAMPLES, aligned)
        moved = operator(*shifted(features, inner, scale=cases.scale), SIZE, cases.scale, SAMPLES, aligned)
        yield difference("the same box on a shifted map", moved, plain, inner_names)
        halved = operator(features, doubled, SIZE, cases.scale / 2, SAMPLES, aligned)
        yield difference("twice the box at half the scale", halved, plain, inner_names)


def read_by_grid(features_nchw: Tensor, rois_k5: Tensor, *, scale: float, aligned: bool) -> Tensor:
    """Read the samples with torch's own bilinear reader, zero those beyond a pixel outside, and average bins."""
    height, width = features_nchw.shape[-2:]
    first_k2, span_k2 = _starts_and_spans(rois_k5, scale=scale, aligned=aligned)
    steps = (torch.arange(SIZE * SAMPLES, dtype=rois_k5.dtype, device=rois_k5.device) + 0.5) / (SIZE * SAMPLES)
    x_ks, y_ks = (first_k2[:, axis, None] + steps * span_k2[:, axis, None] for axis in (0, 1))
    grid = torch.stack(
        torch.broadcast_tensors(x_ks[:, None, :] * 2 / (width - 1) - 1, y_ks[:, :, None] * 2 / (height - 1) - 1), dim=-1
    )
    read = grid_sample(features_nchw[rois_k5[:, 0].long()], grid, padding_mode="border", align_corners=True)
    near = ((y_ks >= -1) & (y_ks <= height))[:, :, None] & ((x_ks >= -1) & (x_ks <= width))[:, None, :]
    samples = (read * near[:, None]).unflatten(2, (SIZE, SAMPLES)).unflatten(4, (SIZE, SAMPLES))
    return samples.mean(dim=(3, 5))


def ramp_at(y: Tensor, x: Tensor, *, pixels: int) -> Tensor:
    """Evaluate a plane that rises along both axes, within 0..1 on a map of `pixels` pixels along its longer side."""
    return (10 * y + x) / (11 * pixels)


def linear_ramp(features_nchw: Tensor) -> Tensor:
    """Fill maps of the same shape with the plane, whose mean over a bin is its value at the bin's centre."""
    height, width = features_nchw.shape[-2:]
    y = torch.arange(height, dtype=features_nchw.dtype, device=features_nchw.device)[:, None]
    x = torch.arange(width, dtype=features_nchw.dtype, device=features_nchw.device)
    return ramp_at(y, x, pixels=max(height, width)).expand(features_nchw.shape).contiguous()


def ramp_at_centres(features_nchw: Tensor, rois_k5: Tensor, *, scale: float, aligned: bool) -> Tensor:
    """Evaluate the plane at the centre of each bin, in closed form: K,C,P,P."""
    first_k2, span_k2 = _starts_and_spans(rois_k5, scale=scale, aligned=aligned)
    middles = (torch.arange(SIZE, dtype=rois_k5.dtype, device=rois_k5.device) + 0.5) / SIZE
    x_kp, y_kp = (first_k2[:, axis, None] + middles * span_k2[:, axis, None] for axis in (0, 1))
    plane = ramp_at(y_kp[:, :, None], x_kp[:, None, :], pixels=max(features_nchw.shape[-2:]))
    return plane[:, None].expand(-1, features_nchw.shape[1], -1, -1)


def shifted(features_nchw: Tensor, rois_k5: Tensor, *, scale: float) -> tuple[Tensor, Tensor]:
    """Move maps and boxes together by whole feature pixels, the room that opens filled with zeros."""
    down, along = SHIFT_PIXELS
    moved = torch.tensor([0, along, down, along, down], dtype=rois_k5.dtype, device=rois_k5.device) / scale
    return pad(features_nchw, (along, 0, down, 0)), rois_k5 + moved


def _starts_and_spans(rois_k5: Tensor, *, scale: float, aligned: bool) -> tuple[Tensor, Tensor]:
    """Turn boxes into (x, y) of their first corner and (width, height), in feature pixels: K,2 each."""
    first_k2, last_k2 = rois_k5[:, 1:3] * scale, rois_k5[:, 3:5] * scale
    return (first_k2 - 0.5, last_k2 - first_k2) if aligned else (first_k2, (last_k2 - first_k2).clamp(min=1))


def _difference(
    subject: str, setting: str, route: str, found: Tensor, expected: Tensor, names: tuple[str, ...]
) -> Difference:
    gap = largest(found.cpu().numpy(), expected.cpu().numpy(), names)
    return Difference(subject, route, "float64", found.device.type, setting, TOGETHER, "values", *gap)
