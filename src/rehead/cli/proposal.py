"""From a dataset to the settings that fit it, value by value; each adviser knows what was chosen before it."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from rehead.cli.advice import Advice, Adviser, Survey
from rehead.cli.division import Balance, advise_group, advise_seed, advise_test, advise_val
from rehead.cli.learning import advise_batch_size, advise_epochs, advise_freeze, advise_lr, advise_rois, advise_thaw
from rehead.cli.memory import Memory
from rehead.cli.network import advise_arch, advise_weights
from rehead.cli.plans import Plans
from rehead.cli.scale import advise_anchors, advise_detections, advise_input_size, advise_tile
from rehead.coco.measurements import measure
from rehead.coco.records import Dataset

Choice = Callable[[Advice, Plans], Any]
"""Settles on a value for an advice, which its plans then accept."""


def advisers(balance: Balance, *, divides: bool, thaws: bool = False) -> tuple[Adviser, ...]:
    """List the advisers in the order of params.yaml, which is that of what follows from what.

    `divides` takes those in that decide which image goes to which split, `thaws` the one that takes a thaw back.
    """
    division = (advise_val, advise_test, advise_group, partial(advise_seed, balance=balance))
    return (
        advise_tile,
        *(division if divides else ()),
        advise_arch,
        advise_weights,
        advise_input_size,
        advise_detections,
        advise_anchors,
        *((advise_thaw,) if thaws else ()),
        advise_freeze,
        advise_rois,
        advise_batch_size,
        advise_epochs,
        advise_lr,
    )


def survey_of(splits: Mapping[str, Dataset], memory: Memory) -> Survey:
    """Measure all splits but a test split that is given."""
    names = {name: [image.file_name for image in data.images] for name, data in splits.items()}
    return Survey(measured=measure(d for name, d in splits.items() if name != "test"), names=names, memory=memory)


def decide(survey: Survey, plans: Plans, choose: Choice, asked: tuple[Adviser, ...]) -> Iterator[Advice]:
    """Ask each adviser in turn, and yield what is chosen."""
    for adviser in asked:
        advice = adviser(survey, plans)
        value = choose(advice, plans)
        plans = plans.with_value(advice.section, advice.key, value)
        yield advice if value == advice.value else Advice(advice.section, advice.key, value, "chosen by hand")
