"""A `data` section becomes a canonical dataset and a report, or neither."""

import json
from pathlib import Path
from typing import Any

import pytest

from rehead.coco.ingestion import RejectedError, ingest
from rehead.coco.plan import DataPlan, ShapesPlan

SHAPES = ShapesPlan(train=3, val=2, test=2, size=48, kinds=("circle", "square"))


def _plan(folder: Path, **fields: Any) -> DataPlan:
    """Deal the three images of `folder` out to three splits, one each: seed 32 does."""
    return DataPlan(source=str(folder), seed=32, val=0.3, test=0.3, **fields)


def test_drawn_shapes_become_a_dataset_with_three_splits(tmp_path: Path) -> None:
    report = ingest(DataPlan(shapes=SHAPES), tmp_path / "dataset").report
    assert {name: split["images"] for name, split in report["splits"].items()} == {"train": 3, "val": 2, "test": 2}
    assert report["categories"] == ["circle", "square"]


def test_the_same_seed_draws_the_same_files(tmp_path: Path) -> None:
    plan = DataPlan(shapes=SHAPES, seed=4)
    first, second = (ingest(plan, tmp_path / name).manifest for name in "ab")
    assert first == second


def test_faults_of_drawn_shapes_name_no_folder_that_is_gone(tmp_path: Path) -> None:
    few = ShapesPlan(train=1, val=1, test=1, size=48, kinds=("circle", "square"))
    report = ingest(DataPlan(shapes=few, seed=2), tmp_path / "dataset").report  # its test split lacks a class
    assert {fault["file"] for fault in report["faults"]} == {"shapes/test.json"}


def test_one_annotation_file_is_split_and_the_report_says_how(folder: Path, tmp_path: Path) -> None:
    report = ingest(_plan(folder), tmp_path / "out" / "dataset").report
    assert {split["images"] for split in report["splits"].values()} == {1}
    assert "seeded hash" in report["splits"]["test"]["how"]


def test_a_rejected_source_leaves_the_old_dataset_and_lists_its_faults(folder: Path, tmp_path: Path) -> None:
    ingest(_plan(folder), tmp_path / "dataset")
    before = (tmp_path / "dataset" / "manifest.json").read_bytes()
    (folder / "images" / "1.png").write_bytes(b"")
    with pytest.raises(RejectedError) as caught:
        ingest(_plan(folder), tmp_path / "dataset")
    assert caught.value.report.fault_counts == {"image-empty": 1}
    assert (tmp_path / "dataset" / "manifest.json").read_bytes() == before


def test_a_policy_lets_the_rest_of_a_source_through(folder: Path, tmp_path: Path) -> None:
    annotations = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    annotations["annotations"][0]["bbox"] = None
    (folder / "annotations.json").write_text(json.dumps(annotations), encoding="utf-8")
    report = ingest(_plan(folder, policy={"bbox-type": "repair"}), tmp_path / "dataset").report
    assert report["faults"][0]["action"] == "repair"


def test_the_source_is_never_written_to(folder: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    ingest(_plan(folder), tmp_path.parent / f"{tmp_path.name}-out" / "dataset")
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_an_unknown_policy_is_a_fault_of_the_section() -> None:
    with pytest.raises(ValueError, match="did you mean bbox-type"):
        DataPlan.model_validate({"policy": {"bbox-typ": "drop"}})
