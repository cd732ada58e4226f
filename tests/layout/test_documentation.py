"""The README tells of everything a user can type, and the committed parameters are valid."""

import re

import pytest
import typer

from rehead.cli.app import app
from rehead.cli.guidance import guides, read_guide
from rehead.cli.sections import SECTION_MODELS, check_sections
from rehead.params import SECTIONS
from tests.layout.pipeline import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXTS = {"README": README, **{name: read_guide(name) for name in guides()}}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_verb_has_its_row() -> None:
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert [verb for verb in verbs if f"| `rehead {verb}` |" not in README] == []


def test_every_verb_in_the_readme_exists() -> None:
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(re.findall(r"\brehead ([a-z]+)", re.sub(r"git clone.*", "", README))) - {"brings"} <= set(verbs)


def test_every_guide_is_named_in_the_readme() -> None:
    assert [name for name in guides() if f"`{name}`" not in README] == []


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_parameter_that_a_text_names_exists(name: str) -> None:
    named = re.findall(rf"`({'|'.join(SECTIONS)})\.([a-z_]+)\b(?!\()", TEXTS[name])
    unknown = [f"{section}.{key}" for section, key in named if key not in SECTION_MODELS[section].model_fields]
    assert [name for name in unknown if not name.endswith((".json", ".yaml"))] == []


def test_every_make_target_in_the_readme_exists() -> None:
    named = set(re.findall(r"`make ([a-z-]+)`", README))
    assert named - set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)) == set()


def test_every_section_has_a_model() -> None:
    assert tuple(SECTION_MODELS) == SECTIONS


def test_the_committed_parameters_are_valid() -> None:
    assert check_sections(ROOT / "params.yaml") == []
