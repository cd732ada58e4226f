"""`rehead doctor` examines a project from its settings to a step of training."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from rehead.cli.app import app

CHECKS = ["environment", "data", "heads", "input", "truth", "overfit", "cost"]
SETTINGS = """\
model: {{weights: rehead_shapes, input_size: 64, max_detections: {detections}}}
train: {{freeze: backbone+fpn, lr: 0.002, batch_size: 2, epochs: 2, proposals: 64}}
"""


def doctor(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["doctor", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def drawn_project(folder: Path, dataset: Path) -> Path:
    shutil.copytree(dataset, folder / "data" / "dataset")
    (folder / "params.yaml").write_text(SETTINGS.format(detections=100))
    return folder


def findings_of(result: Result) -> dict[str, Any]:
    return {finding["name"]: finding for finding in json.loads(result.stdout)["findings"]}


def test_without_a_project_it_says_where_to_run(folder: Path) -> None:
    result = doctor()
    assert (result.exit_code, str(result.exception)) == (
        1,
        "params.yaml does not exist: run in the project folder, or give the path of a dataset",
    )


def test_a_path_without_a_dataset_ends_what_needs_one(folder: Path) -> None:
    result = doctor(folder, "--json")
    found = findings_of(result)
    assert (result.exit_code, list(found)) == (1, CHECKS)
    assert found["data"]["state"] == "fail"
    assert {found[name]["state"] for name in CHECKS[2:]} == {"skipped"}


@pytest.mark.slow
def test_a_sound_project_is_well(drawn_project: Path) -> None:
    result = doctor("--json")
    found = findings_of(result)
    wrong = {name: finding for name, finding in found.items() if finding["state"] not in ("ok", "warn")}
    assert (wrong, result.exit_code, list(found)) == ({}, 0, CHECKS)
    assert found["cost"]["numbers"]["seconds_in_all"] > 0
    assert found["cost"]["numbers"]["memory_bytes"] > 100e6
    assert len(found["overfit"]["numbers"]["losses"]) == 5


@pytest.mark.slow
def test_a_detector_of_other_classes_is_built_anew_and_a_limit_too_low_is_told(drawn_project: Path) -> None:
    (drawn_project / "params.yaml").write_text(SETTINGS.format(detections=1))
    result = doctor()
    assert result.exit_code == 1
    assert "✗  truth" in result.stdout
    assert "cure: set model.max_detections:" in result.stdout
    assert "1 failed" in result.stdout.splitlines()[-1]
