"""dvc.yaml tells the truth: about the scripts, what they import, the parameters they read, and the README agrees."""

import ast
import re

import pytest

from rehead.params import SECTIONS, load_document
from tests.layout.pipeline import ROOT, STAGES, imported_children, listed_children


def test_stages_and_scripts_are_the_same_list() -> None:
    assert sorted(STAGES) == sorted(path.stem for path in (ROOT / "stages").glob("*.py"))


@pytest.mark.parametrize("name", STAGES)
def test_every_imported_module_is_a_dependency(name: str) -> None:
    missing = imported_children(name) - listed_children(name)
    assert not missing, f"stage {name} would not rerun when these change: {sorted(missing)}"


@pytest.mark.parametrize("name", STAGES)
def test_every_listed_module_is_imported(name: str) -> None:
    idle = listed_children(name) - imported_children(name)
    assert not idle, f"stage {name} would rerun for nothing when these change: {sorted(idle)}"


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_depends_on_its_own_script(name: str) -> None:
    assert f"stages/{name}.py" in STAGES[name]["deps"]


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_watches_the_sections_that_it_reads(name: str) -> None:
    script = (ROOT / "stages" / f"{name}.py").read_text(encoding="utf-8")
    assert set(re.findall(r'read_params\(\s*"(\w+)"', script)) <= set(STAGES[name]["params"])


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_names_the_sections_that_dvc_watches_for_it(name: str) -> None:
    script = (ROOT / "stages" / f"{name}.py").read_text(encoding="utf-8")
    assert [section for section in STAGES[name]["params"] if f'"{section}"' not in script] == []


def test_what_decides_on_promotion_alone_scores_nothing_anew() -> None:
    assert [name for name in STAGES["evaluate"]["params"] if name.startswith("register")] == ["register.name"]


@pytest.mark.parametrize("name", STAGES)
def test_a_script_takes_the_flags_that_dvc_gives_it(name: str) -> None:
    tree = ast.parse((ROOT / "stages" / f"{name}.py").read_text(encoding="utf-8"))
    main = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    arguments = zip(main.args.kwonlyargs, main.args.kw_defaults, strict=True)
    flags = {f"--{argument.arg.replace('_', '-')}" for argument, default in arguments if default is None}
    assert set(re.findall(r" (--[a-z-]+)", STAGES[name]["cmd"])) == flags


def test_the_sections_of_params_are_the_known_ones() -> None:
    assert tuple(load_document(ROOT / "params.yaml")) == SECTIONS


def test_the_readme_tells_of_every_stage() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name for name, stage in STAGES.items() if f"| `{name}` | {stage['desc']} |" not in readme]
    assert not missing
