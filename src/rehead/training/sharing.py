"""Losses of one process's images, weighted so that those of all processes together are the losses of one batch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from rehead.training.distributed import Group

_AVERAGED_OVER = {
    "loss_classifier": "rois",
    "loss_box_reg": "rois",
    "loss_mask": "masks",
    "loss_objectness": "anchors",
    "loss_rpn_box_reg": "anchors",
}
_COUNTED = ("anchors", "rois", "masks")
"""In the order in which a model counts them in a forward pass: first its RPN, then its RoI heads."""
_LEAST_COUNT = 1e-6

Losses = dict[str, Tensor]


@dataclass
class Shares:
    """Keeps count of what the losses of the last batch were averaged over, and weighs them by it."""

    group: Group
    device: torch.device
    _counts: list[Tensor] = field(default_factory=list)

    def watch(self, model: Any) -> None:
        """Have the model's parts tell how many anchors, RoIs and masks they divide their losses by."""
        if self.group.size > 1:
            model.rpn.shared_count = model.roi_heads.shared_count = self._keep

    def forget(self) -> None:
        """Drop the counts of losses that no other process has a part in."""
        self._counts.clear()

    def undefined(self) -> Losses:
        """Give losses that are not finite, of a batch that has none: by them all processes learn of it."""
        one = torch.ones((), device=self.device)
        self._counts[:] = [one] * len(_COUNTED)
        return {name: (one * math.nan).requires_grad_() for name in _AVERAGED_OVER}

    def weigh(self, losses: Mapping[str, Tensor], *, images: int) -> tuple[Losses, Losses, int]:
        """Give the losses to differentiate here, their means over all processes' images, and how many those are.

        The gradients of all processes add up to that of the means. A process without an image gives no losses, and
        has none to differentiate; it must call this as often as the others.
        """
        if self.group.size == 1:
            return dict(losses), {name: value.detach() for name, value in losses.items()}, images
        own_5 = torch.zeros(len(_AVERAGED_OVER), device=self.device)
        counts_5 = own_5
        if losses:
            own_5 = torch.stack([losses[name].detach().float() for name in _AVERAGED_OVER])
            counts = dict(zip(_COUNTED, self._counts, strict=True))
            counts_5 = torch.stack([counts[what].float() for what in _AVERAGED_OVER.values()])
        self._counts.clear()
        told = torch.cat([own_5 * counts_5, counts_5, own_5.new_tensor([images])])
        sums_5, all_5, seen_1 = self.group.total(told).split([len(own_5), len(own_5), 1])
        all_5 = all_5.clamp(min=_LEAST_COUNT)
        weights = dict(zip(_AVERAGED_OVER, counts_5 / all_5, strict=True))
        means = dict(zip(_AVERAGED_OVER, sums_5 / all_5, strict=True))
        return {name: weights[name] * value for name, value in losses.items()}, means, int(seen_1)

    def _keep(self, count: Tensor) -> Tensor:
        """Note a count, and leave it as it is: each process divides by its own."""
        self._counts.append(count)
        return count
