"""`rehead params --list` tells of every parameter what it takes, what it is without being set, and what it does."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from rehead.cli.app import app
from rehead.cli.listing import Parameter, list_parameters, print_parameters
from rehead.cli.sections import SECTION_MODELS
from rehead.params import load_document

ROOT = Path(__file__).parents[2]
LISTED = {item.name: item for item in list_parameters(SECTION_MODELS)}


def test_every_parameter_has_a_text_and_says_what_it_takes() -> None:
    assert [name for name, item in LISTED.items() if not (item.text and item.takes)] == []


def test_every_field_of_every_section_is_listed() -> None:
    fields = {f"{name}.{key}" for name, section in SECTION_MODELS.items() for key in section.model_fields}
    assert fields - LISTED.keys() == set()


def test_every_parameter_of_the_committed_file_is_listed_down_to_the_innermost() -> None:
    document = load_document(ROOT / "params.yaml")
    inner = {f"train.augment.{key}" for key in document["train"]["augment"]}
    inner |= {f"data.shapes.{key}" for key in document["data"]["shapes"]}
    assert inner - LISTED.keys() == set()


@pytest.mark.parametrize(
    ("name", "default", "takes"),
    [
        ("data.source", "shapes", "text"),
        ("data.test", "0.15", "number from 0 below 1 | val"),
        ("data.policy", "{}", "{NAME: reject | repair | drop | warn}"),
        ("data.tile", "null", "the parameters below | null"),
        ("data.group.key", "", "text"),
        ("model.mask_layers", "null", "[whole number from 8 to 4096, ...], from 1 to 8 long | null"),
        ("model.anchor_sizes", "null", "[whole number, ...], 5 long | null"),
        ("train.lr", "0.001", "number above 0 to 10"),
        ("train.batch_size", "4", "auto | whole number from 1 to 256"),
        ("train.deterministic", "false", "true | false"),
        ("tune.space", "{}", "{NAME: the parameters below}"),
        ("tune.space.NAME.step", "null", "whole number above 0 | number above 0 | null"),
    ],
)
def test_a_parameter_is_told_in_the_words_of_the_file(name: str, default: str, takes: str) -> None:
    assert (LISTED[name].default, LISTED[name].takes) == (default, takes)


def test_the_command_lists_one_section_a_line_each() -> None:
    lines = CliRunner().invoke(app, ["params", "--list", "retrain"]).stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["retrain.minutes", "retrain.new_images", "retrain.failures"]
    assert (
        lines[0]
        == "retrain.minutes: 120  # number above 0 to 20160. A cycle that takes longer is ended, children and all."
    )


def test_a_terminal_gets_a_table() -> None:
    stream = StringIO()
    console = Console(file=stream, force_terminal=True, width=100, color_system=None)
    print_parameters([Parameter("train.lr", "0.001", "number", "The rate.")], console)
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in stream.getvalue().splitlines()]
    assert rows[3:5] == [["train.lr", "0.001", "number"], ["", "", "The rate."]]


def test_a_section_that_there_is_not_is_told_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="no section trian; did you mean train"):
        list_parameters(SECTION_MODELS, only="trian")
