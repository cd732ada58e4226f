"""The source that travels with a model: all it imports, nothing besides."""

import subprocess
import sys
from pathlib import Path

import pytest

from rehead.registry.source import PACKAGE, copy_source, pinned_requirements, source_of


@pytest.fixture(scope="module")
def names() -> set[str]:
    return {file.relative_to(PACKAGE).as_posix() for file in source_of("rehead.serving.entry").files}


@pytest.mark.parametrize(
    "name",
    ["__init__.py", "serving/__init__.py", "serving/model.py", "detector/checkpoint.py", "coco/rle.py", "files.py"],
)
def test_what_serving_imports_travels(names: set[str], name: str) -> None:
    assert name in names


@pytest.mark.parametrize("child", ["registry", "training", "tuning", "reporting", "cli"])
def test_what_serving_does_not_import_stays(names: set[str], child: str) -> None:
    assert not any(name.startswith(child) for name in names)


def test_no_evaluator_travels() -> None:
    assert {"hotcoco", "dvc", "optuna"}.isdisjoint(source_of("rehead.serving.entry").others)


def test_only_python_files_travel(names: set[str]) -> None:
    assert {Path(name).suffix for name in names} == {".py"}


def test_the_copied_modules_import_each_other_alone(tmp_path: Path) -> None:
    copy_source(source_of("rehead.files"), tmp_path)
    program = "import rehead.files as files; print(files.__file__)"
    # -S leaves out site-packages, so that no installed rehead can step in.
    told = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert Path(told.stdout.strip()).is_relative_to(tmp_path)


def test_requirements_are_pinned_by_distribution_name() -> None:
    import PIL

    assert pinned_requirements(("PIL", "json")) == [f"pillow=={PIL.__version__}"]


def test_of_distributions_that_share_a_module_the_one_of_its_name_is_pinned() -> None:
    assert [line.partition("==")[0] for line in pinned_requirements(("mlflow",))] == ["mlflow"]


def test_requirements_name_no_local_build() -> None:
    assert not any("+" in line for line in pinned_requirements(("torch", "torchvision")))
