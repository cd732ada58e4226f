"""The loss on images that nothing is learned from."""

import math
import sys
from collections.abc import Callable, Sequence
from functools import partial

import torch

from rehead.dataset.split import Sample, Split
from rehead.training.forward import losses_of
from rehead.training.learner import Learner
from rehead.training.step import as_memory_allows


@torch.no_grad()
def validation_loss(learner: Learner, split: Split, *, on_batch: Callable[[], None] = lambda: None) -> float | None:
    """Give the mean of what is minimised over a split as it is, by the weights that the model holds.

    None where it is no finite number. Nothing moves by it, running statistics included, and anchors and RoIs are
    drawn alike in every epoch. Processes that train together share the images. `on_batch` may raise between two
    batches. After a want of memory fewer images go together, as in a step. The model is left in a mode in which neither
    to train nor to predict.
    """
    learner.hold_still()
    before, total, several = learner.at_once, 0.0, learner.plan.images_at_once * learner.group.size
    for first in range(0, len(split), several):
        places = range(first, min(first + several, len(split)))
        samples = [split[index] for index in learner.group.part(places)]
        total += as_memory_allows(learner, samples, partial(_added_up, learner, samples, images=len(places)))
        on_batch()
    if learner.at_once < before:
        told = f"too little memory to validate {before} images at once: from here on {learner.at_once}"
        print(told, file=sys.stderr, flush=True)
    return total / len(split) if math.isfinite(total) else None


def _added_up(learner: Learner, samples: Sequence[Sample], *, images: int) -> float:
    """Add up the losses of so many images over all processes, of which these samples are here."""
    total = 0.0
    for first in range(0, -(-images // learner.group.size), learner.at_once):
        part = samples[first : first + learner.at_once]
        torch.manual_seed(learner.plan.seed)
        losses = losses_of(learner, part, unseen=True) if part else {}
        _, means, seen = learner.shares.weigh(losses, images=len(part))
        total += seen * float(sum(learner.plan.loss_weights.of(name) * value for name, value in means.items()))
    return total
