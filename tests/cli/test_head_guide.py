"""The guide to head swapping shows what the command prints, and code that runs."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rehead.cli.app import app
from rehead.cli.guidance import read_guide
from rehead.cli.head_programs import head_program
from rehead.cli.head_swaps import DETECTORS

TEXT = read_guide("head-swapper")
PRINTED: list[tuple[str, str]] = re.findall(
    r"\n    rehead (heads --arch [^\n]+)\n\n```python\n(.*?)```", TEXT, re.DOTALL
)
BLOCKS: list[str] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize(("command", "program"), PRINTED, ids=[command for command, _ in PRINTED])
def test_a_program_in_the_guide_is_what_its_command_prints(
    command: str, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.pth").touch()
    assert CliRunner().invoke(app, command.split()).stdout == program


def test_the_guide_has_a_program_for_every_family() -> None:
    shown = {DETECTORS[command.split()[2]].title for command, _ in PRINTED}
    assert shown == {family.title for family in DETECTORS.values()}


def test_the_guide_names_every_detector() -> None:
    assert [name for name in DETECTORS if f"`{name}`" not in TEXT] == []


def test_the_other_code_of_the_guide_runs_after_a_program() -> None:
    programs = {program for _, program in PRINTED}
    others = [block for block in BLOCKS if block not in programs]
    names: dict[str, Any] = {}
    exec("\n".join([head_program("ssdlite320_mobilenet_v3_large", classes=3, weights="none"), *others]), names)
    assert {"optimiser", "losses", "found"} <= set(names)
