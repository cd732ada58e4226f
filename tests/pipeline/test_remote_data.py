"""Data kept elsewhere, in a folder of the team's or in S3, by the commands that the README shows."""

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from rehead.coco.plan import ShapesPlan
from rehead.coco.shapes import draw_shapes
from rehead.files import read_json, sha256_of
from tests.pipeline.conftest import ROOT, Project, copied_project
from tests.pipeline.places import Bucket, Folder, Place, served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("server") / "log") as address:
        yield address


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Either place, with a drawn dataset in its folder nuts/."""
    kept: Place = Folder(tmp_path / "team") if request.param == "folder" else Bucket(request.getfixturevalue("server"))
    draw_shapes(tmp_path / "drawn", ShapesPlan(train=4, val=2, test=2, size=64), seed=1)
    for file in (path for path in (tmp_path / "drawn").rglob("*") if path.is_file()):
        kept.put(f"nuts/{file.relative_to(tmp_path / 'drawn').as_posix()}", file.read_bytes())
    return kept


@pytest.fixture
def repository(tmp_path: Path, place: Place) -> Project:
    """A project under git that has its data imported from the place, and looked at."""
    project = copied_project(tmp_path / "project")
    (project.root / "data").mkdir()
    for name in (".gitignore", "data/.gitignore"):
        shutil.copy(ROOT / name, project.root / name)
    git(project, "init", "--quiet")
    project.dvc("init", "--quiet")
    commit(project)
    place.introduce(project, "source", "")
    project.dvc("import-url", "remote://source/nuts", "data/raw")
    rehead(project, "init", "data/raw")
    return project


def git(project: Project, *arguments: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=project.root, check=True, capture_output=True, text=True).stdout


def commit(project: Project) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "Next")


def rehead(project: Project, *arguments: str) -> None:
    command = [sys.executable, "-c", "from rehead.cli.app import main; main()", *arguments]
    subprocess.run(command, cwd=project.root, env=project.environment, check=True, capture_output=True)


def images(project: Project) -> int:
    found: int = read_json(project.root / "reports" / "ingest.json")["images"]
    return found


def cloned(repository: Project, root: Path) -> Project:
    subprocess.run(["git", "clone", "--quiet", str(repository.root), str(root)], check=True)
    return Project(root)


def noise() -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((64, 64), 80).convert("RGB").save(stream, "PNG")
    return stream.getvalue()


def test_what_changes_at_the_place_arrives_with_dvc_update_and_nothing_runs_before(
    repository: Project, place: Place, tmp_path: Path
) -> None:
    assert "Running stage 'ingest'" in repository.dvc("repro", "ingest")
    assert images(repository) == 8

    assert "didn't change" in repository.dvc("update", "data/raw.dvc")
    assert "Stage 'ingest' didn't change" in repository.dvc("repro", "ingest")

    document = read_json(tmp_path / "drawn" / "train.json")
    document["images"].append({"id": 99, "file_name": "new.png", "width": 64, "height": 64})
    place.put("nuts/images/new.png", noise())
    place.put("nuts/train.json", json.dumps(document).encode())
    assert "Stage 'ingest' didn't change" in repository.dvc("repro", "ingest")

    repository.dvc("update", "data/raw.dvc")
    assert "Running stage 'ingest'" in repository.dvc("repro", "ingest")
    assert images(repository) == 9


def test_git_holds_the_name_of_the_data_and_a_clone_pulls_the_rest(
    repository: Project, place: Place, tmp_path: Path
) -> None:
    place.introduce(repository, "store", "cache", "--default")
    repository.dvc("repro", "ingest")
    commit(repository)
    assert git(repository, "ls-files", "data").split() == ["data/.gitignore", "data/raw.dvc"]
    repository.dvc("push")

    clone = cloned(repository, tmp_path / "clone")
    if isinstance(place, Bucket):
        place.give_keys(clone, "store")
    clone.dvc("pull", "data/raw.dvc", "ingest")
    assert "Stage 'ingest' didn't change" in clone.dvc("repro", "ingest")
    assert sha256_of(clone.root / "data" / "dataset") == sha256_of(repository.root / "data" / "dataset")


def test_a_clone_fetches_from_the_place_itself_where_no_store_is_shared(
    repository: Project, place: Place, tmp_path: Path
) -> None:
    commit(repository)
    clone = cloned(repository, tmp_path / "clone")
    if isinstance(place, Bucket):
        place.give_keys(clone, "source")
    clone.dvc("update", "data/raw.dvc")
    assert sha256_of(clone.root / "data" / "raw") == sha256_of(tmp_path / "drawn")
