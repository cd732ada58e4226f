"""The detector takes its classes and its tiles from the dataset."""

from pathlib import Path

import pytest

from rehead.coco.plan import TilePlan
from rehead.detector.checkpoint import load_detector
from rehead.files import read_json, sha256_of, write_json
from stages import swap_heads

PARAMS = "model: {weights: %s, input_size: 64, fpn_channels: 8, box_head: 8, mask_layers: [8]}\n"
TILE = TilePlan(size=128, overlap=0.3)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS % "none")
    return tmp_path


def _swap(project: Path, tile: TilePlan | None, out: str) -> None:
    dataset = {"categories": ["nut", "bolt"], "tile": None if tile is None else tile.model_dump()}
    write_json(project / "manifest.json", dataset)
    swap_heads.main(manifest=project / "manifest.json", out=project / out, report=project / "heads.json")


def test_the_detector_works_by_the_datasets_tiles(project: Path) -> None:
    _swap(project, TILE, "initial")
    detector = load_detector(project / "initial")
    assert (detector.classes, detector.tile) == (("nut", "bolt"), TILE)


@pytest.mark.parametrize("tile", [None, TilePlan(size=256)])
def test_a_warm_start_takes_the_new_datasets_tiles(project: Path, tile: TilePlan | None) -> None:
    _swap(project, TILE, "earlier")
    (project / "params.yaml").write_text(PARAMS % "earlier")
    _swap(project, tile, "initial")
    assert load_detector(project / "initial").tile == tile


def test_a_dataset_that_was_written_before_there_were_tiles_has_none(project: Path) -> None:
    write_json(project / "manifest.json", {"categories": ["nut"]})
    swap_heads.main(manifest=project / "manifest.json", out=project / "initial", report=project / "heads.json")
    assert load_detector(project / "initial").tile is None


def test_what_was_taken_over_is_told_and_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _swap(project, None, "earlier")
    (project / "params.yaml").write_text(PARAMS % "earlier")
    write_json(project / "manifest.json", {"categories": ["bolt", "Nut"]})
    capsys.readouterr()
    swap_heads.main(manifest=project / "manifest.json", out=project / "initial", report=project / "heads.json")
    report = read_json(project / "heads.json")
    assert [(row["name"], row["start"]) for row in report["classes"]] == [("bolt", "carried"), ("Nut", "mean")]
    assert report["sha256"] == sha256_of(project / "earlier" / "weights.safetensors")
    printed = capsys.readouterr().out
    assert "rows kept for bolt, new are Nut, left behind are nut" in printed
    assert "note: 'Nut' and 'nut' of the weights look alike" in printed
