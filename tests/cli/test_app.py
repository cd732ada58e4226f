"""The command answers with an exit code and a readable line, never a traceback."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from rehead.cli.app import app
from rehead.coco.kinds import KINDS
from rehead.files import held_lock, write_json


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def coco(folder: Path) -> Path:
    """One image of 64x48 with a square of 10x10 in a COCO folder."""
    (folder / "coco" / "images").mkdir(parents=True)
    Image.new("RGB", (64, 48), (90, 120, 30)).save(folder / "coco" / "images" / "one.png")
    square = {"id": 1, "image_id": 1, "category_id": 7, "bbox": [5, 5, 10, 10], "area": 100, "iscrowd": 0}
    outline = [[5, 5, 15, 5, 15, 15, 5, 15]]
    document = {
        "categories": [{"id": 7, "name": "square"}],
        "images": [{"id": 1, "file_name": "one.png", "width": 64, "height": 48}],
        "annotations": [square | {"segmentation": outline}],
    }
    write_json(folder / "coco" / "annotations.json", document)
    return folder / "coco"


def rehead(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_sound_dataset_is_usable(coco: Path) -> None:
    result = rehead("check", coco)
    assert (result.exit_code, "usable" in result.stdout) == (0, True)


def test_a_rejected_dataset_exits_with_one(coco: Path) -> None:
    (coco / "images" / "one.png").write_bytes(b"no picture")
    (coco / "annotations.json").write_text("{}")
    assert rehead("check", coco).exit_code == 1


def test_a_check_as_json_is_json_and_nothing_else(coco: Path) -> None:
    assert json.loads(rehead("check", coco, "--json").stdout)["usable"] is True


@pytest.mark.parametrize(("name", "word"), [("square", "usable"), (None, "rejected")])
def test_a_check_writes_what_it_found_as_a_page(coco: Path, name: str | None, word: str) -> None:
    text = (coco / "annotations.json").read_text(encoding="utf-8")
    (coco / "annotations.json").write_text(text.replace('"square"', json.dumps(name)), encoding="utf-8")
    result = rehead("check", coco, "--html", coco / "found.html")
    page = (coco / "found.html").read_text(encoding="utf-8")
    assert (result.exit_code, f">{word}</span>" in page) == (int(word == "rejected"), True)


def test_a_space_that_names_no_parameter_of_training_is_a_fault(folder: Path) -> None:
    (folder / "params.yaml").write_text("tune: {space: {train.rate: {low: 0.1, high: 1}, train.lr: {choices: [-1]}}}\n")
    result = rehead("params")
    assert result.exit_code == 1
    assert [line.split(":")[0].strip() for line in result.stderr.splitlines()[1:]] == [
        "tune.space.train.rate",
        "tune.space.train.lr",
    ]


def test_checking_params_loads_neither_torch_nor_optuna(folder: Path) -> None:
    (folder / "params.yaml").touch()
    program = (
        "import sys; from rehead.cli.project import params; params(); print({'torch', 'optuna'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder)
    assert result.stdout.splitlines()[-1] == "set()"


def test_retraining_beside_another_cycle_exits_with_75(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    with held_lock(folder / "data" / "retraining" / "cycle.lock", what="a test"):
        result = rehead("retrain")
    assert (result.exit_code, "running already" in result.stderr) == (75, True)


def test_retraining_outside_a_repository_exits_with_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    result = rehead("retrain")
    assert (result.exit_code, "git clone" in result.stdout) == (1, True)


def test_a_mistake_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from rehead.cli.app import main; main()", "summary"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (
        1,
        "rehead: reports/evaluation.json does not exist: run `dvc repro` first\n",
    )


def test_a_mistake_shows_where_it_arose_if_the_environment_asks_for_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from rehead.cli.app import main; main()", "summary"]
    environment = os.environ | {"REHEAD_TRACEBACK": "1"}
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert (result.returncode, "Traceback" in result.stderr) == (1, True)


def test_versions_are_printed() -> None:
    result = rehead("--version")
    lines = [f"{name} {version(name)}" for name in ("rehead", "torch", "torchvision", "mlflow", "dvc")]
    assert (result.exit_code, result.stdout.splitlines()) == (0, lines)


def test_every_kind_of_fault_is_listed_with_its_actions_the_usual_one_first() -> None:
    result = rehead("check", "--codes")
    lines = [line.split("  ") for line in result.stdout.splitlines()[1:]]
    found = {line[0].strip(): tuple("".join(line[1:-1]).strip().split(", ")) for line in lines}
    assert (result.exit_code, found) == (0, {code: kind.actions for code, kind in KINDS.items()})


def test_the_command_starts_without_torch_or_mlflow() -> None:
    program = "import sys, rehead.cli.app; print([m for m in ('torch', 'mlflow', 'optuna', 'dvc') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
