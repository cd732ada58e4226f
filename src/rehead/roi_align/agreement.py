"""RoIAlign and RoIPool operators against the slow float64 references: values and gradients, on every case and setting.

The installed operators are judged, and so is our own vectorised one, by the same rule.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rehead.roi_align.cases import TOGETHER, Cases, exact, halve_precision, share_maps
from rehead.roi_align.difference import Difference, largest
from rehead.roi_align.reference import Floats, Precision, roi_align_with_gradient, roi_pool_with_gradient

Operator = Callable[[Tensor, Tensor, int, float, int, bool], Tensor]
"""features N,C,H,W, rois K,5, size, scale, samples, aligned -> K,C,size,size: torchvision.ops.roi_align."""

PoolOperator = Callable[[Tensor, Tensor, int, float], Tensor]
"""features N,C,H,W, rois K,5, size, scale -> K,C,size,size, as torchvision.ops.roi_pool takes them."""

Results = tuple[NDArray[np.floating], NDArray[np.floating]]
"""Values K,C,P,P and the gradient N,C,H,W of the features."""

SIZE = 7
SAMPLES = (0, 1, 2, 4)
SETTINGS = tuple(product((False, True), SAMPLES))
"""`aligned` and the samples along a side of a bin, 0 for adaptive."""
FIXED = tuple((aligned, samples) for aligned, samples in SETTINGS if samples)
PRECISIONS: dict[torch.dtype, Precision] = {torch.float32: np.float32, torch.float64: np.float64}
DTYPES = tuple(PRECISIONS)
ROUTE = "the slow reference"


def compare_with_reference(
    operators: Mapping[str, Operator],
    cases: Cases,
    *,
    device: torch.device,
    settings: Iterable[tuple[bool, int]] = SETTINGS,
    dtypes: Iterable[torch.dtype] = DTYPES,
) -> Iterator[Difference]:
    """Compare values and gradients of each operator by its name, in every setting and precision."""
    upstream = draw_upstream(cases)
    for aligned, samples in settings:
        expected = expected_results(cases, upstream, samples=samples, aligned=aligned)
        setting = f"aligned={aligned}, {samples or 'adaptive'} samples"
        for (subject, operator), dtype in product(operators.items(), dtypes):
            arguments = (SIZE, cases.scale, samples, aligned)
            found = pool_and_differentiate(operator, cases, upstream, arguments, dtype=dtype, device=device)
            label = partial(Difference, subject, ROUTE, name_of(dtype), device.type, setting)
            yield from differences_by_place(found, expected, cases, label)


def compare_batches(operators: Mapping[str, Operator], cases: Cases, *, device: torch.device) -> Iterator[Difference]:
    """Compare many boxes on each of three maps, as the pooler of a batch has them."""
    yield from compare_with_reference(operators, share_maps(cases, maps=3), device=device, settings=[(False, 2)])


def compare_half_precision(
    operators: Mapping[str, Operator], cases: Cases, *, device: torch.device
) -> Iterator[Difference]:
    """Compare in float16, within its own tolerance, on the boxes that lie inside the map.

    At the border a coordinate that is rounded across the line turns a sample on or off, and under adaptive sampling it
    changes their number: neither is an error of the operator.
    """
    yield from compare_with_reference(
        operators, halve_precision(cases), device=device, settings=FIXED, dtypes=[torch.float16]
    )


def compare_without_boxes(
    operators: Mapping[str, Operator], cases: Cases, *, device: torch.device
) -> Iterator[Difference]:
    """Pool no box at all: nothing must come back, in the right shape."""
    features = torch.tensor(cases.features_nchw, dtype=torch.float32, device=device)
    expected = np.zeros((0, features.shape[1], SIZE, SIZE))
    for subject, operator in operators.items():
        pooled = operator(features, torch.zeros(0, 5, device=device), SIZE, cases.scale, 2, False)
        gap = largest(pooled.cpu().numpy(), expected, ())
        yield Difference(subject, ROUTE, "float32", device.type, "empty list of boxes", TOGETHER, "values", *gap)


def compare_roi_pool(
    subject: str, operator: PoolOperator, cases: Cases, *, device: torch.device
) -> Iterator[Difference]:
    """Compare RoIPool with its reference, since the measured misalignment and `model.pooler: roi_pool` rest on it."""
    upstream = draw_upstream(cases)
    for dtype, precision in PRECISIONS.items():
        expected = np.zeros_like(upstream), np.zeros_like(cases.features_nchw)
        for index, (image, *box) in enumerate(cases.rois_k5.tolist()):
            expected[0][index], gradient = roi_pool_with_gradient(
                cases.features_nchw[int(image)], box, upstream[index], scale=cases.scale, precision=precision
            )
            expected[1][int(image)] += gradient
        found = pool_and_differentiate(operator, cases, upstream, (SIZE, cases.scale), dtype=dtype, device=device)
        label = partial(Difference, subject, "the slow RoIPool", name_of(dtype), device.type, "whole pixels")
        yield from differences_by_place(found, expected, cases, label)


def draw_upstream(cases: Cases) -> Floats:
    """Draw the gradient K,C,P,P of a loss that is a randomly weighted mean over each box's bins."""
    generator = np.random.default_rng(len(cases.names))
    shape = (len(cases.names), cases.features_nchw.shape[1], SIZE, SIZE)
    return exact(generator.uniform(-1, 1, shape) / SIZE**2)


def expected_results(cases: Cases, upstream_kcpq: Floats, *, samples: int, aligned: bool) -> tuple[Floats, Floats]:
    """Work out values K,C,P,P and the gradient N,C,H,W that `upstream_kcpq` sends back through them."""
    values, gradients = np.zeros_like(upstream_kcpq), np.zeros_like(cases.features_nchw)
    for index, (image, *box) in enumerate(cases.rois_k5.tolist()):
        values[index], gradient = roi_align_with_gradient(
            cases.features_nchw[int(image)],
            box,
            upstream_kcpq[index],
            scale=cases.scale,
            samples=samples,
            aligned=aligned,
        )
        gradients[int(image)] += gradient
    return values, gradients


def pool_and_differentiate(
    operator: Callable[..., Tensor],
    cases: Cases,
    upstream_kcpq: Floats,
    arguments: tuple[float, ...],
    *,
    dtype: torch.dtype,
    device: torch.device,
) -> Results:
    """Pool forward and backward, with `arguments` after the boxes; returns values and the gradient of the features."""
    features = torch.tensor(cases.features_nchw, dtype=dtype, device=device, requires_grad=True)
    rois = torch.tensor(cases.rois_k5, dtype=dtype, device=device)
    pooled = operator(features, rois, *arguments)
    pooled.backward(torch.tensor(upstream_kcpq, dtype=dtype, device=device))
    assert features.grad is not None
    return pooled.detach().cpu().numpy(), features.grad.cpu().numpy()


def differences_by_place(
    found: Results, expected: tuple[Floats, Floats], cases: Cases, label: Callable[..., Difference]
) -> Iterator[Difference]:
    """Compare values and gradients, apart for the boxes inside and at the border unless they share their maps."""
    places = {TOGETHER: None} if cases.shared else cases.places()
    for what, ours, theirs, names in zip(
        ("values", "gradients"), found, expected, (cases.names, cases.map_names), strict=True
    ):
        for place, among in places.items():
            yield label(place, what, *largest(ours, theirs, names, among=among))


def name_of(dtype: torch.dtype) -> str:
    """Name a precision as the report does: float32."""
    return str(dtype).removeprefix("torch.")
