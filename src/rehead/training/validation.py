"""The loss on images that nothing is learned from."""

import math
from collections.abc import Callable

import torch

from rehead.dataset.split import Split
from rehead.training.forward import losses_of
from rehead.training.learner import Learner


@torch.no_grad()
def validation_loss(learner: Learner, split: Split, *, on_batch: Callable[[], None] = lambda: None) -> float | None:
    """Give the mean of what is minimised over a split as it is, by the weights that the model holds.

    None where it is no finite number. Nothing moves by it, running statistics included, and anchors and RoIs are
    drawn alike in every epoch. Processes that train together share the images. `on_batch` may raise between two
    batches. The model is left in a mode in which neither to train nor to predict.
    """
    learner.hold_still()
    total, several = 0.0, learner.plan.images_at_once * learner.group.size
    for first in range(0, len(split), several):
        own = learner.group.part(range(first, min(first + several, len(split))))
        torch.manual_seed(learner.plan.seed)
        losses = losses_of(learner, [split[index] for index in own], unseen=True) if own else {}
        _, means, images = learner.shares.weigh(losses, images=len(own))
        total += images * float(sum(learner.plan.loss_weights.of(name) * value for name, value in means.items()))
        on_batch()
    return total / len(split) if math.isfinite(total) else None
