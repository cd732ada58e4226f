"""An exponential moving average of what learns: the weights that are evaluated and saved, while others are trained.

Polyak and Juditsky, Acceleration of stochastic approximation by averaging (1992). Running statistics are averaged with
the weights that they belong to. What is frozen for the whole training needs no average.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn


class WeightAverage:
    """The average beside the model's own values; one of both is in the model, the other one is held here."""

    def __init__(self, model: nn.Module, decay: float, *, frozen: Sequence[str] = ()) -> None:
        """Start with the model's values, without those of its `frozen` modules; a decay of 0 averages nothing."""
        self._decay, self._steps, self._shown = decay, 0, False
        entries = [*model.named_parameters(), *model.named_buffers()]
        below = tuple(f"{name}." for name in frozen)
        self._own = [
            value for name, value in entries if decay and value.is_floating_point() and not name.startswith(below)
        ]
        self._held = [value.detach().clone() for value in self._own]

    @property
    def decay(self) -> float:
        """Give the decay of the next update: at first lower than asked for, or a short training kept where it began."""
        return min(self._decay, (1 + self._steps) / (10 + self._steps))

    @torch.no_grad()
    def update(self) -> None:
        """Follow the model after a step."""
        if self._own:
            torch._foreach_lerp_(self._held, self._own, 1.0 - self.decay)
            self._steps += 1

    def show(self) -> None:
        """Put the average into the model, as it is to be evaluated and saved."""
        self._exchange(shown=True)

    def hide(self) -> None:
        """Put back what is trained."""
        self._exchange(shown=False)

    def state(self) -> dict[str, Any]:
        """Give the values that are not in the model, and which of both they are."""
        return {"held": self._held, "steps": self._steps, "shown": self._shown}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave; the model is restored with its own."""
        for held, saved in zip(self._held, state["held"], strict=True):
            held.copy_(saved)
        self._steps, self._shown = state["steps"], state["shown"]

    @torch.no_grad()
    def _exchange(self, *, shown: bool) -> None:
        if shown == self._shown:
            return
        for own, held in zip(self._own, self._held, strict=True):
            kept = own.clone()
            own.copy_(held)
            held.copy_(kept)
        self._shown = shown
