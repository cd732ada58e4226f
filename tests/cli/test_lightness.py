"""Checking and scoring files load none of the heavy libraries, which would cost seconds at every start."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rehead.coco.plan import ShapesPlan
from rehead.coco.shapes import draw_shapes

HEAVY = ("torch", "torchvision", "matplotlib", "scipy", "pandas", "imagehash", "mlflow", "optuna", "dvc")
PROGRAM = f"""
import sys
from rehead.cli.app import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print([name for name in {HEAVY} if name in sys.modules])
"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    draw_shapes(folder, ShapesPlan(train=2, val=1, test=1, size=64), seed=0)
    (folder / "results.json").write_text(json.dumps([]))
    return folder


@pytest.mark.parametrize(
    "arguments", [["check", "."], ["check", "train.json", "--json"], ["score", "train.json", "results.json"]]
)
def test_no_heavy_library_is_loaded(arguments: list[str], drawn: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], cwd=drawn, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stdout + done.stderr
