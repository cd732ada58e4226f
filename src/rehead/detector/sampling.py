"""Which proposals of an image a loss is computed on: at random, or object by object and class by class.

Random numbers are drawn as torchvision's BalancedPositiveNegativeSampler draws them, so that without balance the same
seed gives the same sample. With a generator of its own an image's sample depends on nothing but that generator.
"""

import torch
from torch import Tensor
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler


def draw_sample(
    labels_p: Tensor,
    sampler: BalancedPositiveNegativeSampler,
    *,
    objects_p: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Draw positives (label 1 or more) and negatives (label 0) up to the sampler's number and share; their indices.

    With `objects_p`, the object that each one stands for, positives are taken in turns.
    """
    positive, negative = torch.where(labels_p >= 1)[0], torch.where(labels_p == 0)[0]
    most = min(int(sampler.batch_size_per_image * sampler.positive_fraction), len(positive))
    positive, negative = _shuffled(positive, generator), _shuffled(negative, generator)
    if objects_p is not None and most < len(positive):
        positive = positive[in_turns(objects_p[positive], labels_p[positive])]
    return positive[:most], negative[: sampler.batch_size_per_image - most]


def draw_some(
    objects_n: Tensor, classes_n: Tensor, most: int, *, balanced: bool, generator: torch.Generator | None = None
) -> Tensor:
    """Draw `most` of N as indices in rising order: in turns, or at random."""
    order = torch.randperm(len(objects_n), generator=generator, device=objects_n.device)
    if balanced:
        order = order[in_turns(objects_n[order], classes_n[order])]
    return order[:most].sort().values


def in_turns(objects_n: Tensor, classes_n: Tensor) -> Tensor:
    """Order N so that each object comes once before any comes twice, and in each round the classes take turns.

    What the rule leaves open stays in the order given.
    """
    rounds_n = _earlier(objects_n)
    turns_n = _earlier(rounds_n * (classes_n.max() + 1) + classes_n) if len(classes_n) else rounds_n
    return (rounds_n * (len(objects_n) + 1) + turns_n).argsort(stable=True)


def _earlier(groups_n: Tensor) -> Tensor:
    """Count for each how many of its group stand before it."""
    grouped = groups_n.sort(stable=True)
    places_n = torch.arange(len(groups_n), device=groups_n.device)
    counts_n = places_n - torch.searchsorted(grouped.values, grouped.values)
    return torch.empty_like(places_n).scatter_(0, grouped.indices, counts_n)


def _shuffled(indices_n: Tensor, generator: torch.Generator | None) -> Tensor:
    return indices_n[torch.randperm(len(indices_n), generator=generator, device=indices_n.device)]
