"""A checkout holds what is committed, and links to what is shared."""

import subprocess
from pathlib import Path

import pytest

from rehead.retraining.checkout import clean_checkout, share_data, share_outside
from rehead.retraining.supervision import CommandFailed


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "team" / "repository"
    (folder / "data").mkdir(parents=True)
    (folder / "params.yaml").write_text("committed\n")
    (folder / "data" / ".gitignore").write_text("*\n!.gitignore\n")
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "first"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.fixture
def checkout(repository: Path) -> Path:
    return clean_checkout(repository, repository / "data" / "retraining" / "work")


def test_uncommitted_changes_stay_out(repository: Path) -> None:
    (repository / "params.yaml").write_text("half done\n")
    checkout = clean_checkout(repository, repository / "data" / "retraining" / "work")
    assert (checkout / "params.yaml").read_text() == "committed\n"


def test_what_an_earlier_cycle_left_is_gone(repository: Path, checkout: Path) -> None:
    (checkout / "leftover").touch()
    assert not (clean_checkout(repository, repository / "data" / "retraining" / "work") / "leftover").exists()


def test_a_folder_without_commits_fails_readably(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="git clone"):
        clean_checkout(tmp_path / "nowhere", tmp_path / "work")


def test_inputs_and_databases_are_shared_and_outputs_are_not(repository: Path, checkout: Path) -> None:
    for name in ("raw", "mlflow.db", "dataset", "locks"):
        (repository / "data" / name).mkdir()
    share_data(repository, checkout, outputs=["data/dataset", "reports/x.json"])
    shared = {entry.name for entry in (checkout / "data").iterdir() if entry.is_symlink()}
    assert shared == {"raw", "mlflow.db", "spool", "checkpoints", "features"}


def test_what_a_dvc_file_brings_is_left_to_dvc(repository: Path, checkout: Path) -> None:
    (repository / "data" / "raw").mkdir()
    (checkout / "data" / "raw.dvc").touch()
    share_data(repository, checkout, outputs=[])
    assert not (checkout / "data" / "raw").exists()


def test_a_relative_path_out_of_the_repository_leads_to_the_same_place(repository: Path, checkout: Path) -> None:
    outside = repository.parent.parent / "shared" / "fruits"
    outside.mkdir(parents=True)
    share_outside(
        repository, checkout, repository / "data" / "retraining" / "work", paths=["../../shared/fruits", "shapes"]
    )
    assert (checkout / "../../shared/fruits").resolve() == outside
