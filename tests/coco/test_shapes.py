"""The drawn dataset is the same, file for file, under a seed: on every machine, today and after the next change."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rehead import progress
from rehead.coco.outlines import OUTLINES
from rehead.coco.plan import DataPlan, ShapesPlan
from rehead.coco.shapes import draw_shapes
from rehead.files import sha256_of
from rehead.params import read_params

ROOT = Path(__file__).parents[2]
SMALL = ShapesPlan(train=6, val=1, test=1, size=96, kinds=tuple(OUTLINES))
SMALL_HASH = "89d66e1a080c2b53fc238ad2bdbd1e08caa07b85681d99a72fefc52de9ac148e"
DEFAULT_HASHES = {
    "train.json": "92d8921c05a31f76564baf2e249b1c6dc696fafdc952c9a4d1a34b810f526f17",
    "val.json": "0d0a1e70850be2d8041b300cf1cc082c5dcfd76d214b4a700f0a8aa488361777",
    "test.json": "4dc4196687c435498bc6a9450015fdafe2ad83870b47e436718db283fe6d07c5",
}
PIXELS = "56e4f133877df503079083595c6196132610d0235479753450d4cab6ddc33e67"
PROGRAM = f"""
import sys
from pathlib import Path
from rehead.coco.plan import ShapesPlan
from rehead.coco.shapes import draw_shapes
draw_shapes(Path(sys.argv[1]), ShapesPlan.model_validate_json({SMALL.model_dump_json()!r}), seed=7)
"""
OTHER_MACHINE = {
    "OPENBLAS_CORETYPE": "Prescott",  # matrix products without fused multiply and add
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR ASIMDHP SVE",
    "OMP_NUM_THREADS": "3",
    "PYTHONHASHSEED": "5",
    "LC_ALL": "C",
    "TZ": "Asia/Kathmandu",
}


def test_the_files_are_those_of_every_machine(tmp_path: Path) -> None:
    draw_shapes(tmp_path, SMALL, seed=7)
    assert sha256_of(tmp_path) == SMALL_HASH


def test_another_processor_and_environment_change_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    subprocess.run(command, env=os.environ | OTHER_MACHINE, check=True, umask=0o077, capture_output=True)
    assert sha256_of(tmp_path) == SMALL_HASH


def test_another_seed_draws_other_files(tmp_path: Path) -> None:
    draw_shapes(tmp_path, SMALL, seed=8)
    assert sha256_of(tmp_path) != SMALL_HASH


def test_more_pictures_leave_the_first_ones_as_they_are(tmp_path: Path) -> None:
    found = []
    for count in (2, 3):
        folder = tmp_path / str(count)
        draw_shapes(folder, SMALL.model_copy(update={"train": count}), seed=7)
        found.append({path.name: path.read_bytes() for path in (folder / "images").glob("train_*")})
    few, many = found
    assert few == {name: many[name] for name in few}


def test_drawing_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_LINE_SECONDS", 0.0)
    draw_shapes(tmp_path, ShapesPlan(train=2, val=1, test=1, size=32), seed=0)
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "train pictures drawn: 1 of 2",
        "train pictures drawn: 2 of 2",
        "val pictures drawn: 1 of 1",
        "test pictures drawn: 1 of 1",
    ]


@pytest.mark.parametrize("kinds", [("circle", "blob"), (), ("star", "star")])
def test_kinds_that_cannot_be_drawn_apart_are_refused(kinds: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="name one or more of circle, square"):
        ShapesPlan(kinds=kinds)


@pytest.mark.slow
def test_the_demos_dataset_is_the_one_that_was_measured(tmp_path: Path) -> None:
    plan = read_params("data", DataPlan, path=ROOT / "params.yaml")
    draw_shapes(tmp_path, plan.shapes, seed=plan.seed)
    assert {name: sha256_of(tmp_path / name) for name in DEFAULT_HASHES} == DEFAULT_HASHES
    pixels = hashlib.sha256()
    for path in sorted((tmp_path / "images").iterdir()):
        pixels.update(np.asarray(Image.open(path)).tobytes())
    assert pixels.hexdigest() == PIXELS
