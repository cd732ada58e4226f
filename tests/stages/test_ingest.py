"""The ingest stage as DVC runs it: a params.yaml in, a dataset and a report out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "stages" / "ingest.py"
SOURCES = str(Path(__file__).parents[2] / "src")


def _run(folder: Path, params: str) -> subprocess.CompletedProcess[str]:
    (folder / "params.yaml").write_text(params, encoding="utf-8")
    outputs = (
        "--report",
        "reports/ingest.json",
        "--page",
        "reports/ingest.html",
        "--figures",
        "reports/figures/ingest",
    )
    command = [sys.executable, str(SCRIPT), "--dataset", "data/dataset", *outputs]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": SOURCES})


def test_shapes_are_written_and_reported(tmp_path: Path) -> None:
    run = _run(tmp_path, "data: {source: shapes, shapes: {train: 3, val: 2, test: 2, size: 48, kinds: [circle]}}")
    assert run.returncode == 0, run.stderr
    report = json.loads((tmp_path / "reports" / "ingest.json").read_text(encoding="utf-8"))
    assert (report["images"], report["categories"], report["faults"]) == (7, ["circle"], [])
    assert (tmp_path / "data" / "dataset" / "manifest.json").is_file()
    figures = sorted(file.name for file in (tmp_path / "reports" / "figures" / "ingest").iterdir())
    assert figures == ["classes.png", "contact_sheet.png", "objects.png"]
    assert report["statistics"]["all"]["images"] == 7
    assert (tmp_path / "reports" / "ingest.html").read_text(encoding="utf-8").count("<figcaption>") > 3


@pytest.mark.parametrize("content", ["[]", '{"images": [], "annotations": [], "categories": []}'])
def test_a_rejected_source_ends_with_its_faults_and_no_traceback(content: str, tmp_path: Path) -> None:
    (tmp_path / "source" / "images").mkdir(parents=True)
    (tmp_path / "source" / "annotations.json").write_text(content, encoding="utf-8")
    run = _run(tmp_path, "data: {source: source}")
    assert (run.returncode, "Traceback" in run.stderr, "rejected" in run.stdout) == (1, False, True)
    assert not json.loads((tmp_path / "reports" / "ingest.json").read_text(encoding="utf-8"))["usable"]
    assert ">rejected</span>" in (tmp_path / "reports" / "ingest.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("dep", "warned"), [("stages/ingest.py", True), ("${data.source}", False), ("data", False)])
def test_a_source_that_dvc_does_not_look_at_is_told_of(dep: str, warned: bool, tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text(f"stages: {{ingest: {{deps: ['{dep}']}}}}", encoding="utf-8")
    run = _run(tmp_path, "data: {source: data/raw}")
    assert ("`rehead init data/raw` adds it" in run.stderr) is warned


def test_a_source_that_is_not_there_is_named_without_a_traceback(tmp_path: Path) -> None:
    run = _run(tmp_path, "data: {source: nowhere}")
    assert (run.returncode, "Traceback" in run.stderr) == (1, False)
    assert "nowhere does not exist" in run.stderr
