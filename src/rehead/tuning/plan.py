"""What to tune and for how long: the `tune` section of params.yaml. Reading it needs neither Optuna nor torch."""

from typing import Any, Self

from pydantic import Field, model_validator

from rehead.params import Section

Scalar = bool | int | float | str | None
"""A value that Optuna stores and params.yaml can hold."""


class Dimension(Section):
    """Values of one parameter: all between `low` and `high`, in steps or evenly in the logarithm, or the `choices`."""

    low: int | float | None = None
    """Least value that is tried."""
    high: int | float | None = None
    """Largest value that is tried."""
    log: bool = False
    """Whether values are drawn evenly in the logarithm, as rates are."""
    step: int | float | None = Field(None, gt=0)
    """Distance of the values from `low` on; null tries any between."""
    choices: tuple[Scalar, ...] | None = Field(None, min_length=1)
    """The values that are tried, in place of low and high."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.choices is not None:
            if (self.low, self.high, self.step, self.log) != (None, None, None, False):
                raise ValueError("name either choices, or low and high")
            return self
        if self.low is None or self.high is None:
            raise ValueError("name low and high, or choices")
        if self.low >= self.high:
            raise ValueError(f"low {self.low} must be below high {self.high}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("log: true needs low above 0 and no step")
        return self


class TunePlan(Section):
    """One study; `trials: 0` leaves the parameters as they are."""

    trials: int = Field(0, ge=0, le=100_000)
    """Trainings whose best is trained on; 0 leaves the parameters as they are."""
    seed: int = Field(0, ge=0)
    """Which values are tried."""
    timeout_minutes: float | None = Field(None, gt=0)
    """No trial begins after that time, and the one that runs ends with its epoch."""
    storage: str | None = None
    """Optuna's database; null is REHEAD_OPTUNA_STORAGE, else data/optuna.db."""
    pruning: bool = True
    """End a trial whose mask AP is below the median of the earlier ones at the same epoch."""
    space: dict[str, Dimension] = Field(default_factory=dict)
    """Parameters of the `train` section, such as train.lr."""

    def identity(self) -> dict[str, Any]:
        """Give what makes another study of it; trials and time may change in one that goes on."""
        return self.model_dump(include={"space", "seed", "pruning"})

    @model_validator(mode="after")
    def _something_to_search(self) -> Self:
        if self.trials and not self.space:
            raise ValueError(
                "trials is above 0 but space is empty: name a parameter, such as train.lr: {low: 1e-4, high: 1e-2}"
            )
        return self
