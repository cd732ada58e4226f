"""The guide to scale-out starts the stage as the pipeline does, and names parameters that exist."""

import re
import shlex

import pytest
from torch.distributed.run import parse_args

from rehead.cli.guidance import read_guide
from rehead.training.plan import TrainPlan
from tests.layout.pipeline import STAGES

TEXT = read_guide("scale-out")
COMMANDS = re.findall(r"^(?:srun )?torchrun (--nnodes .*?)```", TEXT, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS, ids=["hosts", "slurm"])
def test_torchrun_reads_a_command_as_the_one_of_the_pipeline(command: str) -> None:
    read = parse_args(shlex.split(command.replace("\\\n", " ")))
    assert [read.training_script, *read.training_script_args] == STAGES["train"]["cmd"].split()[1:]


def test_every_parameter_it_names_exists() -> None:
    named = re.findall(r"`([a-z_]+)`", TEXT)
    parameters = {"batch_per", "batch_size", "process_timeout", "processes", "save_minutes", "warmup"}
    assert parameters <= set(named)
    assert parameters <= set(TrainPlan.model_fields)
