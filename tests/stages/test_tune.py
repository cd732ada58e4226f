"""The tune stage: nothing to do by default, else a study on training and validation images alone."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rehead.files import read_json
from rehead.tracking.connection import open_client
from rehead.tracking.store import experiment_name, tracking_uri
from stages import swap_heads, tune

ROOT = Path(__file__).parents[2]
PARAMS = """
model: {weights: none, input_size: 64, fpn_channels: 8, box_head: 8, mask_layers: [8]}
train: {freeze: none, epochs: 1, batch_size: 4, rois: 8, anchors: 16, proposals: 32, lr: 0.002}
tune: {trials: 2, space: {train.lr: {low: 0.001, high: 0.01, log: true}}}
"""


def run_stage() -> dict[str, Any]:
    """Run the stage in the working folder; returns its report."""
    tune.main(
        dataset=Path("data/dataset"),
        start=Path("data/detector/initial"),
        features=Path("data/features"),
        report=Path("reports/tuning.json"),
        figures=Path("reports/figures/tuning"),
    )
    report: dict[str, Any] = read_json(Path("reports/tuning.json"))
    return report


@pytest.fixture(scope="module")
def tuned(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder in which a study of two trials has run, without the test split's truth in reach."""
    root = tmp_path_factory.mktemp("tuned")
    (root / "params.yaml").write_text(PARAMS)
    shutil.copytree(dataset, root / "data" / "dataset", ignore=shutil.ignore_patterns("test.json"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        swap_heads.main(
            manifest=Path("data/dataset/manifest.json"), out=Path("data/detector/initial"), report=Path("heads.json")
        )
        run_stage()
    return root


@pytest.fixture
def untuned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder that asks for no trials, and holds no data."""
    (tmp_path / "params.yaml").write_text("tune: {trials: 0}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_trials_nothing_is_better(untuned: Path) -> None:
    report = run_stage()
    assert (report["trials"], report["best"], report["best_mask_AP"]) == (0, {}, None)


def test_without_trials_the_folder_of_pictures_is_empty(untuned: Path) -> None:
    run_stage()
    assert list((untuned / "reports/figures/tuning").iterdir()) == []


def test_without_trials_no_library_that_takes_seconds_is_loaded(untuned: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from stages import tune;"
        "tune.main(dataset=Path('d'), start=Path('s'), features=Path('c'), report=Path('r'), figures=Path('f'));"
        "print({'torch', 'mlflow', 'optuna', 'matplotlib'} & set(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "set()"


def test_a_study_reports_its_winner_and_both_trials(tuned: Path) -> None:
    report = read_json(tuned / "reports" / "tuning.json")
    assert (report["trials"], list(report["best"]), report["best_mask_AP"] >= 0) == (2, ["train.lr"], True)


def test_a_studys_scores_name_the_validation_split(tuned: Path) -> None:
    manifest = read_json(tuned / "data" / "dataset" / "manifest.json")
    dataset = read_json(tuned / "reports" / "tuning.json")["dataset"]
    assert (dataset["split"], dataset["fingerprint"]) == ("val", manifest["splits"]["val"]["fingerprint"])


def test_the_first_trial_trains_by_the_parameters_as_they_are(tuned: Path) -> None:
    report = read_json(tuned / "reports" / "tuning.json")
    assert report["history"][0]["params"] == {"train.lr": 0.002}


def test_a_study_leaves_two_pictures(tuned: Path) -> None:
    names = sorted(path.name for path in (tuned / "reports/figures/tuning").iterdir())
    assert names == ["history.png", "importance.png"]


def test_each_trial_is_a_run_below_that_of_the_study(tuned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tuned)
    client = open_client(tracking_uri())
    runs = client.search_runs([client.get_experiment_by_name(experiment_name()).experiment_id])
    parents = {run.info.run_name: run.data.tags.get("mlflow.parentRunId") for run in runs}
    [study] = [run.info.run_id for run in runs if run.info.run_name == "tune"]
    assert parents == {"tune": None, "trial 0": study, "trial 1": study}


def test_running_the_stage_again_trains_nothing(tuned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tuned)
    before = read_json(tuned / "reports" / "tuning.json")
    assert run_stage() == before


def test_a_parameter_that_does_not_exist_is_refused(
    tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "params.yaml").write_text(PARAMS.replace("{train.lr:", "{train.rate:"))
    shutil.copytree(tuned / "data" / "dataset", tmp_path / "data" / "dataset")
    shutil.copytree(tuned / "data" / "detector", tmp_path / "data" / "detector")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"tune\.space\.train\.rate"):
        run_stage()
