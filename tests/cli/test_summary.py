"""What `rehead summary` says after a run of the pipeline."""

import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rehead.cli.app import app
from rehead.files import write_json

BIN = Path(sys.executable).parent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder whose runs go to a server."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def summary(folder: Path, *, alias: str = "champion", same_as: str | None = None, **registered: Any) -> list[str]:
    """Write the reports of a run and return the lines of the summary."""
    heads = {head: {"AP": ap, "AP50": None} for head, ap in (("box", 0.5), ("mask", 0.25))}
    data = {"split": "test", "images": 12, "fingerprint": "0123456789abcdef", "same_as": same_as}
    scores = heads | {"dataset": data, "thresholds": {"classes": {"nut": {"score": 0.3}}}}
    receipt = {"name": "toy", "version": 3, "alias": alias, "because": "it is better", **registered}
    write_json(folder / "reports" / "evaluation.json", scores)
    write_json(folder / "reports" / "registration.json", receipt)
    return CliRunner().invoke(app, ["summary"]).stdout.splitlines()


def test_without_a_run_it_says_what_to_do(folder: Path) -> None:
    assert "run `dvc repro` first" in str(CliRunner().invoke(app, ["summary"]).exception)


def test_both_maps_their_data_and_the_report_are_named(folder: Path) -> None:
    lines = summary(folder)
    assert lines[:4] == [
        "box mAP 0.500  (AP50 undefined)",
        "mask mAP 0.250  (AP50 undefined)",
        "data    12 images of test, 0123456789ab",
        "model   toy version 3: it is better",
    ]
    assert str(folder / "reports" / "index.html") in lines[4]


def test_scores_of_validation_images_are_told_as_such(folder: Path) -> None:
    assert summary(folder, same_as="val")[2] == "data    12 images of val, 0123456789ab"


@pytest.mark.parametrize(
    ("ap", "thresholds", "what"),
    [(0.25, {"nut": 0.4}, "thresholds"), (0.2, {}, "scores"), (0.2, {"nut": 0.4}, "scores and thresholds")],
)
def test_an_evaluation_that_is_no_longer_the_registered_one_is_told(
    folder: Path, ap: float, thresholds: dict[str, float], what: str
) -> None:
    told = f"note    that version was registered with other {what}: `dvc repro` registers those of now"
    assert summary(folder, mask_AP=ap, serving={"thresholds": thresholds})[4] == told


def test_an_evaluation_that_is_the_registered_one_needs_no_note(folder: Path) -> None:
    assert summary(folder, mask_AP=0.25, serving={"thresholds": {"nut": 0.3}})[4].startswith("report")


def test_an_analysis_adds_its_advice(folder: Path) -> None:
    write_json(folder / "reports" / "analysis.json", {"bottleneck": {"sentence": "Label more stars."}})
    assert summary(folder)[4] == "advice  Label more stars."


def test_a_champion_is_served_by_two_short_commands_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "rehead").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(folder))
    assert summary(folder)[5:] == [
        "serve   rehead serve",
        "   or   mlflow models serve -m models:/toy@champion --env-manager local",
    ]


def test_off_path_the_commands_name_the_folder_of_the_program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert summary(folder)[5:] == [
        f"serve   {BIN / 'rehead'} serve",
        f"   or   PATH={BIN}:$PATH mlflow models serve -m models:/toy@champion --env-manager local",
    ]


def test_a_model_that_is_no_champion_is_served_by_its_version(folder: Path) -> None:
    first, second = summary(folder, alias="challenger")[5:]
    assert (first.endswith("rehead serve models:/toy/3"), "-m models:/toy/3 " in second) == (True, True)


def test_a_local_store_is_named_to_mlflow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    (folder / "data").mkdir()
    (folder / "data" / "mlflow.db").touch()
    assert f"MLFLOW_TRACKING_URI=sqlite:///{folder.resolve()}/data/mlflow.db mlflow " in summary(folder)[6]
