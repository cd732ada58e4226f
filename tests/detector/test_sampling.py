"""Objects and classes take turns, and an image's sample is its own."""

import torch
from torch import Tensor
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler

from rehead.detector.sampling import draw_sample, draw_some, in_turns

CROWDED = torch.tensor([0] * 40 + [1, 1, 1] + [2])
"""The object of each proposal: one has nearly all."""


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_with_the_same_seed_the_sample_is_torchvision_s() -> None:
    labels = torch.randint(-1, 3, (500,), generator=generator())
    sampler = BalancedPositiveNegativeSampler(64, 0.25)
    torch.manual_seed(5)
    expected = [torch.where(chosen[0])[0] for chosen in sampler([labels])]
    torch.manual_seed(5)
    found = [drawn.sort().values for drawn in draw_sample(labels, sampler)]
    assert all(torch.equal(*pair) for pair in zip(found, expected, strict=True))


def test_each_object_comes_before_any_comes_twice() -> None:
    drawn = draw_some(CROWDED, torch.ones_like(CROWDED), 6, balanced=True, generator=generator())
    assert torch.bincount(CROWDED[drawn]).tolist() == [3, 2, 1]


def test_classes_take_turns_within_a_round() -> None:
    objects, classes = torch.arange(9), torch.tensor([1] * 7 + [2, 3])
    assert set(classes[in_turns(objects, classes)[:3]].tolist()) == {1, 2, 3}


def test_the_box_head_s_positives_are_taken_in_turns() -> None:
    labels = torch.cat([torch.ones_like(CROWDED), torch.zeros(200, dtype=torch.int64)])
    objects = torch.cat([CROWDED, torch.zeros(200, dtype=torch.int64)])
    positive, negative = draw_sample(
        labels, BalancedPositiveNegativeSampler(24, 0.25), objects_p=objects, generator=generator()
    )
    assert torch.bincount(objects[positive]).tolist() == [3, 2, 1]
    assert len(negative) == 18


def test_without_balance_a_crowd_takes_most() -> None:
    drawn = draw_some(CROWDED, torch.ones_like(CROWDED), 20, balanced=False, generator=generator())
    assert int((CROWDED[drawn] == 0).sum()) >= 16


def test_an_image_s_sample_depends_on_its_generator_alone() -> None:
    def drawn() -> tuple[Tensor, Tensor]:
        labels = torch.arange(300) % 3
        return draw_sample(labels, BalancedPositiveNegativeSampler(32, 0.25), generator=generator(7))

    first = drawn()
    torch.rand(3)
    assert all(torch.equal(*pair) for pair in zip(first, drawn(), strict=True))


def test_nothing_to_draw_from_is_no_fault() -> None:
    nothing = torch.zeros(0, dtype=torch.int64)
    assert len(in_turns(nothing, nothing)) == 0
