"""What `rehead init` knows of a dataset, and what it makes of it: one value, and why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehead.cli.memory import Memory
from rehead.cli.plans import Plans
from rehead.coco.measurements import Measurements


@dataclass(frozen=True, kw_only=True)
class Survey:
    """A dataset measured, its file names in each split that the source gives, and the memory to train in.

    A test split that the source gives is counted and not measured: nothing is to be chosen by it. The images of a
    source without splits are those of `train`.
    """

    measured: Measurements
    names: Mapping[str, Sequence[str]]
    memory: Memory

    @property
    def given(self) -> dict[str, int]:
        """Number of images in each split that the source gives."""
        return {split: len(names) for split, names in self.names.items()}


@dataclass(frozen=True)
class Advice:
    """One value for params.yaml, as YAML has it, and why."""

    section: str
    key: str
    value: Any
    because: str

    @property
    def name(self) -> str:
        """The parameter as people write it."""
        return f"{self.section}.{self.key}"


Adviser = Callable[[Survey, Plans], Advice]
"""Advises on one parameter; those before it are decided already."""
