"""The stages of dvc.yaml, and the modules that their scripts import."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "rehead"
PIPELINE: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES: dict[str, dict[str, Any]] = PIPELINE["stages"]


def listed_children(name: str) -> set[str]:
    """Name the top-level children of the package that a stage lists as dependencies."""
    prefix = "src/rehead/"
    return {dep.removeprefix(prefix) for dep in STAGES[name]["deps"] if dep.startswith(prefix)}


def imported_children(name: str) -> set[str]:
    """Name the top-level children of the package that a stage's script imports, however deep."""
    files = _imported_files(ROOT / "stages" / f"{name}.py")
    children = {file.relative_to(PACKAGE).parts[0] for file in files if file.is_relative_to(PACKAGE)}
    return children - {"__init__.py"}


def _imported_files(script: Path) -> set[Path]:
    """Follow imports of the package from one file through all others."""
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            waiting += _direct_imports(file)
    return seen


@cache
def _direct_imports(file: Path) -> tuple[Path, ...]:
    """List the package's files that one file imports, at its top or inside functions."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return tuple(found for name in _imported_names(tree) if (found := _file_of(name)) is not None)


def _imported_names(tree: ast.AST) -> Iterator[str]:
    """Yield dotted names; `from a import b` gives both a and a.b, since b may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file_of(name: str) -> Path | None:
    """Find the file of a dotted name below the package."""
    if name.split(".")[0] != "rehead":
        return None
    path = ROOT / "src" / Path(*name.split("."))
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    return path / "__init__.py" if (path / "__init__.py").is_file() else None
