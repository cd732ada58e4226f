"""The README tells of everything a user can type, and the committed parameters are valid."""

import re

import typer

from rehead.cli.app import app
from rehead.cli.sections import SECTION_MODELS, check_sections
from rehead.params import SECTIONS
from tests.layout.pipeline import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_verb_has_its_row() -> None:
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert [verb for verb in verbs if f"| `rehead {verb}` |" not in README] == []


def test_every_verb_in_the_readme_exists() -> None:
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(re.findall(r"\brehead ([a-z]+)", re.sub(r"git clone.*", "", README))) - {"brings"} <= set(verbs)


def test_every_make_target_in_the_readme_exists() -> None:
    named = set(re.findall(r"`make ([a-z-]+)`", README))
    assert named - set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)) == set()


def test_every_section_has_a_model() -> None:
    assert tuple(SECTION_MODELS) == SECTIONS


def test_the_committed_parameters_are_valid() -> None:
    assert check_sections(ROOT / "params.yaml") == []
