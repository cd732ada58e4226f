"""RoIAlign by rows: the slow reference's values and gradients, and torchvision's through the pooler."""

from functools import partial

import pytest
import torch
from torch import Tensor
from torchvision.ops import MultiScaleRoIAlign

from rehead.roi_align.agreement import FIXED, compare_batches, compare_with_reference, compare_without_boxes
from rehead.roi_align.cases import Cases
from rehead.roi_align.guard import GuardedRoIAlign
from rehead.roi_align.rows import pool_rows

CPU, LEVELS = torch.device("cpu"), ["0", "1", "2", "3"]


def by_rows(features_nchw: Tensor, rois_k5: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    levels_k = torch.zeros(len(rois_k5), dtype=torch.int64)
    return pool_rows([features_nchw], [scale], rois_k5, levels_k, size=(size, size), samples=samples, aligned=aligned)


def test_values_and_gradients_are_those_of_the_slow_reference(few: Cases) -> None:
    operators = {"by rows": by_rows}
    found = [
        *compare_with_reference(operators, few, device=CPU, settings=FIXED),
        *compare_batches(operators, few, device=CPU),
        *compare_without_boxes(operators, few, device=CPU),
    ]
    assert [difference for difference in found if not difference.within] == []


def maps(channels: int = 5) -> dict[str, Tensor]:
    draw = partial(torch.randn, generator=torch.Generator().manual_seed(0))
    return {name: draw(2, channels, 96 >> n, 64 >> n).requires_grad_() for n, name in enumerate(LEVELS)}


def boxes() -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    near = torch.rand(2, 30, 2, generator=generator) * 200.0
    far = near + torch.rand(2, 30, 2, generator=generator) ** 3 * 300.0
    return list(torch.cat([near, far], dim=2).clamp(max=256.0))


@pytest.mark.parametrize("bins", [7, 14])
def test_the_pooler_gives_values_and_gradients_of_torchvisions(bins: int) -> None:
    pooled, gradients = [], []
    for pooler in (GuardedRoIAlign(LEVELS, bins, 2), MultiScaleRoIAlign(LEVELS, bins, 2)):
        features = maps()
        pooled.append(pooler(features, boxes(), [(384, 256)] * 2))
        gradients.append(torch.autograd.grad(pooled[-1].square().sum(), list(features.values())))
    torch.testing.assert_close(*pooled)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)


def test_a_frozen_pyramid_is_pooled_by_rows_in_training_and_by_torchvisions_operator_in_inference() -> None:
    features = {name: values.detach() for name, values in maps().items()}
    by_rows, by_torchvision = (
        pooler(features, boxes(), [(384, 256)] * 2)
        for pooler in (GuardedRoIAlign(LEVELS, 7, 2), MultiScaleRoIAlign(LEVELS, 7, 2))
    )
    with torch.no_grad():
        assert torch.equal(GuardedRoIAlign(LEVELS, 7, 2)(features, boxes(), [(384, 256)] * 2), by_torchvision)
    assert torch.equal(GuardedRoIAlign(LEVELS, 7, 2).eval()(features, boxes(), [(384, 256)] * 2), by_torchvision)
    assert not torch.equal(by_rows, by_torchvision)  # summed in another order
    torch.testing.assert_close(by_rows, by_torchvision)


def test_the_gradient_is_the_same_twice_bit_by_bit() -> None:
    pooler = GuardedRoIAlign(LEVELS, 7, 2)
    first, second = (
        torch.autograd.grad(pooler(features, boxes(), [(384, 256)] * 2).square().sum(), list(features.values()))
        for features in (maps(), maps())
    )
    torch.testing.assert_close(first, second, rtol=0.0, atol=0.0)
