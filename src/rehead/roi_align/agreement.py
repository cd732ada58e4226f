"""The installed RoIAlign against the slow float64 reference: values and gradients, on every case and setting."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rehead.roi_align.cases import Cases, exact
from rehead.roi_align.difference import Difference, largest
from rehead.roi_align.reference import roi_align_weights, roi_pool

Operator = Callable[[Tensor, Tensor, int, float, int, bool], Tensor]
"""features N,C,H,W, rois K,5, size, scale, samples, aligned -> K,C,size,size: torchvision.ops.roi_align."""

PoolOperator = Callable[[Tensor, Tensor, int, float], Tensor]
"""features N,C,H,W, rois K,5, size, scale -> K,C,size,size, as torchvision.ops.roi_pool takes them."""

SIZE = 7
SAMPLES = (0, 1, 2, 4)
DTYPES = (torch.float32, torch.float64)
ROUTE = "the slow reference"


def compare_with_reference(operator: Operator, cases: Cases, *, device: torch.device) -> Iterator[Difference]:
    """Compare values and gradients for both `aligned`, every sampling and precision, and for no box at all."""
    upstream = draw_upstream(cases)
    for aligned in (False, True):
        for samples in SAMPLES:
            values, gradients = expected_results(cases, upstream, samples=samples, aligned=aligned)
            setting = f"aligned={aligned}, {samples or 'adaptive'} samples"
            for dtype in DTYPES:
                ours = run_operator(
                    operator, cases, upstream, samples=samples, aligned=aligned, dtype=dtype, device=device
                )
                name, place = str(dtype).removeprefix("torch."), device.type
                yield Difference(ROUTE, "values", name, place, setting, *largest(ours[0], values, cases.names))
                yield Difference(ROUTE, "gradients", name, place, setting, *largest(ours[1], gradients, cases.names))
    yield compare_without_boxes(operator, cases, device=device)


def draw_upstream(cases: Cases) -> NDArray[np.float64]:
    """Draw the gradient K,C,P,P of a loss that is a randomly weighted mean over each box's bins."""
    generator = np.random.default_rng(len(cases.names))
    shape = (len(cases.names), cases.features_nchw.shape[1], SIZE, SIZE)
    return exact(generator.uniform(-1, 1, shape) / SIZE**2)


def expected_results(
    cases: Cases, upstream_kcpq: NDArray[np.float64], *, samples: int, aligned: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Work out values K,C,P,P and the gradient N,C,H,W that `upstream_kcpq` sends back through them."""
    height, width = cases.features_nchw.shape[-2:]
    values = np.zeros_like(upstream_kcpq)
    gradients = np.zeros_like(cases.features_nchw)
    for index, (image, *box) in enumerate(cases.rois_k5.tolist()):
        weights = roi_align_weights(
            box, height=height, width=width, size=SIZE, scale=cases.scale, samples=samples, aligned=aligned
        ).reshape(SIZE * SIZE, height * width)
        features = cases.features_nchw[int(image)].reshape(-1, height * width)
        values[index] = (features @ weights.T).reshape(-1, SIZE, SIZE)
        returned = upstream_kcpq[index].reshape(-1, SIZE * SIZE) @ weights
        gradients[int(image)] = returned.reshape(-1, height, width)
    return values, gradients


def run_operator(
    operator: Operator,
    cases: Cases,
    upstream_kcpq: NDArray[np.float64],
    *,
    samples: int,
    aligned: bool,
    dtype: torch.dtype,
    device: torch.device,
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Run the operator forward and backward; returns values and the gradient of the features."""
    features = torch.tensor(cases.features_nchw, dtype=dtype, device=device, requires_grad=True)
    rois = torch.tensor(cases.rois_k5, dtype=dtype, device=device)
    pooled = operator(features, rois, SIZE, cases.scale, samples, aligned)
    pooled.backward(torch.tensor(upstream_kcpq, dtype=dtype, device=device))
    assert features.grad is not None
    return pooled.detach().cpu().numpy(), features.grad.cpu().numpy()


def compare_without_boxes(operator: Operator, cases: Cases, *, device: torch.device) -> Difference:
    """Pool no box at all: nothing must come back, in the right shape."""
    features = torch.tensor(cases.features_nchw, dtype=torch.float32, device=device)
    pooled = operator(features, torch.zeros(0, 5, device=device), SIZE, cases.scale, 2, False)
    expected = np.zeros((0, features.shape[1], SIZE, SIZE))
    gap = largest(pooled.cpu().numpy(), expected, ())
    return Difference(ROUTE, "values", "float32", device.type, "empty list of boxes", *gap)


def compare_roi_pool(operator: PoolOperator, cases: Cases, *, device: torch.device) -> Difference:
    """Compare RoIPool with its reference, since the measured misalignment rests on it."""
    features, rois = (torch.tensor(values, device=device) for values in (cases.features_nchw, cases.rois_k5))
    expected = [
        roi_pool(cases.features_nchw[int(image)], box, size=SIZE, scale=cases.scale)
        for image, *box in cases.rois_k5.tolist()
    ]
    gap = largest(operator(features, rois, SIZE, cases.scale).cpu().numpy(), np.stack(expected), cases.names)
    return Difference("the slow RoIPool", "RoIPool's values", "float64", device.type, "whole pixels", *gap)
