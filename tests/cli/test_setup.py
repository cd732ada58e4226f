"""What is shown of a set-up."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from rehead.cli.advice import Advice
from rehead.cli.setup import Project, show, source_of
from tests.cli.initialised import PARAMS, PIPELINE


@pytest.fixture
def found(project: Path) -> Project:
    """What the project's files say now."""
    return Project.of(PARAMS, PIPELINE, source="bricks", force=False)


def test_a_terminal_gets_a_table_of_parameter_value_was_and_because(found: Project) -> None:
    stream = StringIO()
    console = Console(file=stream, force_terminal=True, width=120, color_system=None)
    show([Advice("train", "freeze", "none", "a reason")], found, console)
    row = next(line for line in stream.getvalue().splitlines() if "train.freeze" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["train.freeze", "none", "backbone+fpn", "a reason"]


def test_a_pipe_gets_a_line(found: Project, capsys: pytest.CaptureFixture[str]) -> None:
    show([Advice("train", "epochs", 7, "a reason")], found, Console(file=StringIO()))
    assert capsys.readouterr().out == "train.epochs: 7 (was 10)  # a reason\n"


@pytest.mark.parametrize(("path", "source"), [("shapes", "./shapes"), ("data/raw/", "data/raw"), ("/a.zip", "/a.zip")])
def test_a_path_is_written_so_that_it_is_one(path: str, source: str) -> None:
    assert source_of(Path(path)) == source
