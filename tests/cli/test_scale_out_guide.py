"""The guide to scale-out starts the stage as the pipeline does, and names parameters that exist."""

import re

import pytest

from rehead.cli.guidance import read_guide
from rehead.training.plan import TrainPlan
from tests.layout.pipeline import STAGES

TEXT = read_guide("scale-out")
COMMANDS = re.findall(r"stages/train\.py (.*?)```", TEXT, flags=re.DOTALL)


@pytest.mark.parametrize("place", [0, 1])
def test_a_command_gives_the_stage_the_flags_that_the_pipeline_gives_it(place: int) -> None:
    given = COMMANDS[place].replace("\\\n", " ").split()
    assert given == STAGES["train"]["cmd"].split()[2:]


def test_every_parameter_it_names_exists() -> None:
    named = re.findall(r"`([a-z_]+)`", TEXT)
    parameters = {"batch_per", "batch_size", "process_timeout", "processes", "save_minutes", "warmup"}
    assert parameters <= set(named)
    assert parameters <= set(TrainPlan.model_fields)
