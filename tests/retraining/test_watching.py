"""What ingest reads must be among the dependencies that DVC looks at."""

import json
from pathlib import Path

import pytest

from rehead.retraining.watching import unwatched


def told(folder: Path, *, source: str, deps: list[str]) -> str | None:
    (folder / "params.yaml").write_text(f"data: {{source: {source}}}\n")
    (folder / "dvc.yaml").write_text(json.dumps({"stages": {"ingest": {"deps": deps}}}))
    return unwatched(folder)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with coco/images and coco/all.json."""
    (tmp_path / "coco" / "images").mkdir(parents=True)
    (tmp_path / "coco" / "all.json").touch()
    return tmp_path


@pytest.mark.parametrize("dep", ["${data.source}", "coco/sub", "coco"])
def test_a_listed_folder_is_watched(project: Path, dep: str) -> None:
    assert told(project, source="coco/sub", deps=["stages/ingest.py", dep]) is None


def test_drawn_shapes_need_no_watching(project: Path) -> None:
    assert told(project, source="shapes", deps=[]) is None


def test_a_folder_that_is_not_listed_is_named_with_the_cure(project: Path) -> None:
    assert "`rehead init coco` adds it" in str(told(project, source="coco", deps=["stages/ingest.py"]))


def test_a_file_whose_images_are_not_listed_is_told_of(project: Path) -> None:
    assert "does not list coco/images" in str(told(project, source="coco/all.json", deps=["${data.source}"]))


def test_a_file_listed_with_its_images_is_watched(project: Path) -> None:
    assert told(project, source="coco/all.json", deps=["${data.source}", "coco/images"]) is None


def test_a_file_whose_images_lie_elsewhere_is_watched_with_them(project: Path) -> None:
    (project / "coco" / "annotations").mkdir()
    (project / "coco" / "all.json").rename(project / "coco" / "annotations" / "all.json")
    assert "does not list coco/images" in str(
        told(project, source="coco/annotations/all.json", deps=["${data.source}"])
    )


def test_an_archive_holds_its_images(project: Path) -> None:
    (project / "coco.zip").touch()
    assert told(project, source="coco.zip", deps=["${data.source}"]) is None
