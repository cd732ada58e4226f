import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rehead.cli.compared import compare_sides, lines_of
from rehead.files import read_json, sha256_of, write_json
from rehead.tracking.connection import open_client
from tests.evaluation.test_comparison import found, truth_of

FINGERPRINT = "f" * 64


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A test split, and two reports on it: `all` found everything, `half` misses half of class a."""
    truth, dataset = truth_of(), tmp_path / "data" / "dataset"
    dataset.mkdir(parents=True)
    write_json(dataset / "test.json", truth)
    manifest = {
        "splits": {"test": {"fingerprint": FINGERPRINT}},
        "files": {"test.json": sha256_of(dataset / "test.json")},
    }
    write_json(dataset / "manifest.json", manifest)
    write_reports(tmp_path / "all", found(truth))
    write_reports(tmp_path / "half", found(truth, missed=set(range(1, 21))))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_reports(folder: Path, results: list[dict[str, Any]], *, fingerprint: str = FINGERPRINT) -> None:
    folder.mkdir()
    write_json(folder / "predictions.json", results)
    write_json(folder / "evaluation.json", {"dataset": {"fingerprint": fingerprint}, "max_detections": 100})


def told(first: str, second: str) -> dict[str, Any]:
    return compare_sides(first, second, Path("data/dataset/test.json"), resamples=100, confidence=0.95)


def test_two_folders_of_reports_are_compared(project: Path) -> None:
    comparison = told("all", "half")
    assert comparison["sentence"].startswith("half is worse than all: -0.2")
    assert any(line.startswith("a, mask AP") and line.endswith("worse") for line in lines_of(comparison))


def test_every_head_and_class_says_how_many_images_it_would_take(project: Path) -> None:
    write_reports(project / "one", found(truth_of(), missed={1}))
    write_reports(project / "two", found(truth_of(), missed={2, 3}))
    lines = lines_of(told("one", "two"))
    rows = {line.split("  ")[0].rstrip(): line.split()[-1] for line in lines[1:12]}
    heads = [f"{head} {metric}" for head in ("box", "mask", "boundary") for metric in ("AP", "AP50", "AP75")]
    assert list(rows) == [*heads, "a, mask AP", "b, mask AP"]
    assert rows.pop("b, mask AP") == "equal"
    assert all(int(needed) > 2 * 40 for needed in rows.values())
    assert rows["mask AP"] in lines[13]


def test_verdicts_that_chance_gives_are_told_of(project: Path) -> None:
    assert lines_of(told("all", "half"))[-1].startswith("Where nothing differs, about 1 class in 20 is found")


def test_a_confidence_close_to_1_is_not_written_as_certainty(project: Path) -> None:
    sure = compare_sides("all", "half", Path("data/dataset/test.json"), resamples=100, confidence=0.999)
    assert ("99.9 % of it" in lines_of(sure)[0], ", 99.9 % between" in sure["sentence"]) == (True, True)


def test_boxes_alone_are_compared_by_their_boxes(project: Path) -> None:
    for name in ("all", "half"):
        results = read_json(project / name / "predictions.json")
        boxes = [{key: one[key] for key in ("image_id", "category_id", "bbox", "score")} for one in results]
        write_json(project / f"{name}.json", boxes)
    comparison = told("all.json", "half.json")
    assert comparison["sentence"].startswith("half.json is worse than all.json: -0.2")
    assert " box AP, 95 % between" in comparison["sentence"]
    assert any(line.startswith("a, box AP") and line.endswith("worse") for line in lines_of(comparison))


def test_too_few_images_for_any_verdict_are_told_with_how_many_it_takes(project: Path) -> None:
    write_json(project / "few.json", truth_of(1))
    write_json(project / "found.json", found(truth_of(1)))
    write_json(project / "missed.json", found(truth_of(1), missed={1}))
    few = compare_sides("missed.json", "found.json", project / "few.json", resamples=100, confidence=0.95)
    assert few["sentence"] == (
        "Not enough data to say which is better: +0.500 mask AP; a verdict takes objects in 6 images, "
        "about 6 such test images."
    )
    assert any(line.startswith("a, mask AP") and line.endswith("6") for line in lines_of(few))


def test_a_results_file_of_another_tool_is_a_side(project: Path) -> None:
    (project / "theirs.json").write_text((project / "half" / "predictions.json").read_text())
    assert told("theirs.json", "all")["verdict"] == "better"


def test_other_data_is_refused_with_both_fingerprints(project: Path) -> None:
    write_reports(project / "old", found(truth_of()), fingerprint="0" * 64)
    with pytest.raises(ValueError, match=r"old on 000000000000.*all on ffffffffffff"):
        told("old", "all")


def test_truth_that_ingest_did_not_write_cannot_judge_what_was_scored_on_a_split(project: Path) -> None:
    (project / "data" / "dataset" / "manifest.json").unlink()
    with pytest.raises(ValueError, match=r"test\.json is no split that ingest wrote"):
        told("all", "half")


def test_unsound_results_are_refused(project: Path) -> None:
    broken = [found(truth_of())[0] | {"bbox": [float("nan"), 0, 1, 1]}]
    (project / "broken.json").write_text(json.dumps(broken))
    with pytest.raises(ValueError, match=r"broken\.json"):
        told("broken.json", "all")


def test_a_name_that_is_nothing_says_what_it_could_be(project: Path) -> None:
    with pytest.raises(ValueError, match="nowhere is no folder, no file, no models:/ or runs:/ address"):
        told("nowhere", "all")


@pytest.mark.slow
def test_a_registered_version_is_a_side_by_what_its_own_evaluation_left_in_the_run_that_trained_it(
    project: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(empty_store, project / "mlflow.db")
    uri = f"sqlite:///{project / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    client = open_client(uri)
    experiment = client.create_experiment("e", artifact_location=(project / "artifacts").as_uri())
    run = client.create_run(experiment).info.run_id
    for name, score in (("half", 0.75), ("all", 1.0)):
        scored = read_json(project / name / "evaluation.json") | {"mask": {"AP": score}}
        write_json(project / name / "evaluation.json", scored)
    client.log_artifacts(run, str(project / "half"), "evaluation")
    client.create_registered_model("m")
    client.create_model_version("m", f"runs:/{run}/model", run_id=run, tags={"mask_AP": "0.7500004"})
    client.set_registered_model_alias("m", "champion", "1")
    assert told("models:/m@champion", f"runs:/{run}")["verdict"] == "equal"
    assert told("models:/m@champion", "all")["verdict"] == "better"

    client.log_artifacts(run, str(project / "all"), "evaluation")  # evaluated again, in several views
    with pytest.raises(ValueError, match=r"later evaluation, with mask AP 1\.0 in place of the 0\.7500004 that"):
        told("models:/m@champion", "all")
    assert told(f"runs:/{run}", "all")["verdict"] == "equal"


@pytest.mark.slow
def test_a_revision_before_the_first_lock_is_told_what_to_commit(project: Path) -> None:
    commit = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--allow-empty", "-m", "first"]
    for words in (["init"], commit):
        subprocess.run(["git", *words], check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "dvc", "init"], check=True, capture_output=True)
    with pytest.raises(ValueError, match=r"HEAD holds no dvc\.lock: commit dvc\.lock and reports first"):
        told("HEAD", "all")


@pytest.mark.slow
def test_a_revision_is_a_side_by_the_predictions_in_the_cache_of_dvc(project: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True, capture_output=True)

    def dvc(*words: str) -> None:
        subprocess.run([sys.executable, "-m", "dvc", *words], check=True, capture_output=True)

    git("init")
    dvc("init")
    (project / "half").rename(project / "reports")
    (project / "dvc.yaml").write_text("stages: {e: {cmd: 'true', outs: [reports/predictions.json]}}")
    dvc("commit", "--force")
    git("add", "dvc.yaml", "dvc.lock", "reports/evaluation.json", ".dvc")
    git("commit", "-m", "first")
    for file in ("predictions.json", "evaluation.json"):
        (project / "reports" / file).unlink()
        (project / "all" / file).rename(project / "reports" / file)
    assert told("HEAD", "reports")["verdict"] == "better"
