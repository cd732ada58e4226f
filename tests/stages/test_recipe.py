"""Heads swapped, trained and scored on tiny data, through the scripts that DVC runs."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rehead.reporting.figures import read_history
from rehead.tracking.connection import open_client
from stages import swap_heads, train
from tests.stages.noise import run_stage

PARAMS = """
model: {weights: none, input_size: 64, fpn_channels: 8, box_head: 8, mask_layers: [8]}
train: {freeze: none, epochs: 2, batch_size: 4, rois: 8, anchors: 16, proposals: 32}
evaluate: {resamples: 20, overlays: 1}
register: {name: hardware, margin: 0.3217}
"""


@pytest.fixture(scope="module")
def project(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder in which three stages have run."""
    root = tmp_path_factory.mktemp("project")
    (root / "params.yaml").write_text(PARAMS)
    shutil.copytree(dataset, root / "data" / "dataset")
    reports = root / "reports"
    reports.mkdir()
    (reports / "tuning.json").write_text(json.dumps({"trials": 0, "best": {"train.lr": 0.002}, "best_mask_AP": None}))
    for name in ("ingest", "roi_align"):
        (reports / f"{name}.json").write_text("{}")
    (reports / "ingest.html").write_text("")
    Image.new("RGB", (8, 8)).save(reports / "misalignment.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        data, detector, reports = Path("data"), Path("data/detector"), Path("reports")
        swap_heads.main(
            manifest=data / "dataset" / "manifest.json", out=detector / "initial", report=reports / "heads.json"
        )
        train.main(
            dataset=data / "dataset",
            start=detector / "initial",
            tuning=reports / "tuning.json",
            checkpoints=data / "checkpoints",
            features=data / "features",
            out=detector / "trained",
            report=reports / "training.json",
            history=reports / "training.csv",
        )
        run_stage(data / "dataset", detector / "trained", reports)
    return root


def report_of(project: Path, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((project / "reports" / f"{name}.json").read_text())
    return found


def test_the_heads_are_those_of_the_datasets_classes(project: Path) -> None:
    config = json.loads((project / "data/detector/trained/config.json").read_text())
    assert config["classes"] == ["circle", "square", "triangle", "star"]


def test_training_reports_what_learned_and_how_it_went(project: Path) -> None:
    report = report_of(project, "training")
    stable = {"learning_parameters", "frozen_parameters", "best_epoch", "best_mask_AP", "images_per_second", "seconds"}
    assert stable <= set(report)
    assert report["frozen_parameters"] == 0
    assert report["steps"] == 4


def test_every_epoch_has_its_loss_in_validation(project: Path) -> None:
    rows = read_history(project / "reports" / "training.csv")
    assert [row["epoch"] for row in rows] == [1.0, 2.0]
    assert all(row["val_loss"] for row in rows)


def test_a_training_of_all_its_epochs_did_not_end_early(project: Path) -> None:
    assert report_of(project, "training")["ended_early"] is None


def test_training_says_whether_features_were_kept_and_why(project: Path) -> None:
    assert report_of(project, "training")["feature_cache"] == {"use": False, "reason": "nothing is frozen"}


def test_what_tuning_found_is_what_training_used(project: Path) -> None:
    assert report_of(project, "training")["plan"]["lr"] == 0.002  # type: ignore[index]


def test_every_parameter_stands_in_one_row_of_what_learned(project: Path) -> None:
    report = report_of(project, "training")
    rows = report["modules"]
    assert sum(row["parameters"] for row in rows) == report["learning_parameters"]  # type: ignore[attr-defined]
    assert {row["state"] for row in rows} == {"learning"}  # type: ignore[attr-defined]


def test_the_page_says_what_the_model_started_from(project: Path) -> None:
    assert "No weights: everything started fresh." in (project / "reports" / "index.html").read_text()


def test_a_finished_training_leaves_no_checkpoint(project: Path) -> None:
    assert not any((project / "data" / "checkpoints").glob("*"))


def test_evaluation_gives_twelve_numbers_a_head_with_the_fingerprint(project: Path) -> None:
    report = report_of(project, "evaluation")
    assert len(report["box"]) == len(report["mask"]) == 12  # type: ignore[arg-type]
    manifest = json.loads((project / "data/dataset/manifest.json").read_text())
    assert report["dataset"]["fingerprint"] == manifest["splits"]["test"]["fingerprint"]  # type: ignore[index]


def test_the_best_epochs_scores_name_the_validation_split(project: Path) -> None:
    manifest = json.loads((project / "data/dataset/manifest.json").read_text())
    dataset = report_of(project, "training")["dataset"]
    val = manifest["splits"]["val"]
    assert dataset == {"split": "val", **{name: val[name] for name in ("fingerprint", "images", "annotations")}}


def test_the_run_lists_the_splits_of_its_scores(project: Path) -> None:
    manifest = json.loads((project / "data/dataset/manifest.json").read_text())
    client = open_client(f"sqlite:///{project / 'data' / 'mlflow.db'}")
    run = client.get_run(report_of(project, "training")["run_id"])
    noted = {one.dataset.name: one.dataset.digest for one in run.inputs.dataset_inputs}
    assert noted == {name: split["fingerprint"][:36] for name, split in manifest["splits"].items()}


def test_the_weights_that_were_scored_are_the_ones_that_were_trained(project: Path) -> None:
    assert report_of(project, "evaluation")["weights_sha256"] == report_of(project, "training")["weights_sha256"]


def test_an_evaluation_keeps_what_others_read_of_it(project: Path) -> None:
    report: Any = report_of(project, "evaluation")
    assert set(report["box"]) == set(report["mask"]) == set(report["boundary"])
    assert list(report["per_class"]) == ["circle", "square", "triangle", "star"]
    assert all({"box_AP", "mask_AP"} <= set(row) for row in report["per_class"].values())
    assert {"split", "fingerprint", "images", "annotations"} <= set(report["dataset"])
    assert (report["thresholds"]["on"], set(report["thresholds"]["classes"])) == ("val", set(report["per_class"]))


@pytest.mark.parametrize("name", ["evaluation", "analysis", "per_class", "predictions"])
def test_what_is_undefined_is_null_and_never_nan(project: Path, name: str) -> None:
    json.loads((project / "reports" / f"{name}.json").read_text(), parse_constant=pytest.fail)


def test_an_analysis_stands_on_the_scored_split_and_its_thresholds(project: Path) -> None:
    analysis: Any = report_of(project, "analysis")
    scored: Any = report_of(project, "evaluation")
    assert analysis["dataset"]["fingerprint"] == scored["dataset"]["fingerprint"]
    chosen = {name: one["score"] for name, one in scored["thresholds"]["classes"].items()}
    assert analysis["thresholds"] == pytest.approx(chosen, abs=1e-6)


def test_the_page_and_the_pictures_are_there(project: Path) -> None:
    assert "mask" in (project / "reports" / "index.html").read_text()
    assert {"curves.png", "classes.png", "confusion.png"} < {
        file.name for file in (project / "reports/figures/evaluation").iterdir()
    }


def test_the_page_shows_of_the_registers_parameters_what_it_depends_on(project: Path) -> None:
    page = (project / "reports" / "index.html").read_text()
    assert ("models:/hardware@champion" in page, "0.3217" in page) == (True, False)


def test_the_summary_the_tables_and_dvcs_page_are_there(project: Path) -> None:
    assert (project / "reports" / "summary.md").read_text().startswith("## ")
    assert "{plot_divs}" in (project / "reports" / "plots.html").read_text()
    tables = {file.name for file in (project / "reports" / "tables").iterdir()}
    assert tables == {"precision_recall.csv", "confusion.csv", "by_iou.csv"}


def test_the_runs_page_tells_the_summary_and_shows_the_classes_as_a_table(project: Path) -> None:
    client = open_client(f"sqlite:///{project / 'data' / 'mlflow.db'}")
    tags = client.get_run(report_of(project, "training")["run_id"]).data.tags
    assert tags["mlflow.note.content"].startswith("## ")
    assert "per_class.json" in tags["mlflow.loggedArtifacts"]
