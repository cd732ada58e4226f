"""Tags that say where a run comes from."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rehead.tracking.lineage import has_ended, lineage_tags, process_tag


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with parameters and a lock."""
    (tmp_path / "params.yaml").write_text("a: 1\n")
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\n")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_the_commit_is_named(repository: Path) -> None:
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True)
    assert lineage_tags(repository)["git.commit"] == head.stdout.strip()


def test_a_committed_state_is_not_dirty(repository: Path) -> None:
    assert lineage_tags(repository)["git.dirty"] == "false"


def test_an_edited_file_makes_the_state_dirty(repository: Path) -> None:
    (repository / "params.yaml").write_text("a: 2\n")
    assert lineage_tags(repository)["git.dirty"] == "true"


def test_what_the_pipeline_writes_does_not_make_the_state_dirty(repository: Path) -> None:
    (repository / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    assert lineage_tags(repository)["git.dirty"] == "false"


def test_a_folder_without_anything_has_no_lineage(tmp_path: Path) -> None:
    assert lineage_tags(tmp_path) == {}


def test_the_lock_and_the_data_it_names_are_tagged(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_text(
        "schema: '2.0'\nstages:\n  ingest:\n    cmd: x\n    outs:\n"
        "    - {path: data/dataset, md5: abc.dir}\n    - {path: reports/ingest.json, md5: def}\n"
    )
    tags = lineage_tags(tmp_path)
    assert (len(tags.pop("dvc.lock.sha256")), tags) == (64, {"dvc.md5.data/dataset": "abc.dir"})


def test_an_empty_lock_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").touch()
    assert list(lineage_tags(tmp_path)) == ["dvc.lock.sha256"]


def test_each_split_is_named_by_its_fingerprint(tmp_path: Path) -> None:
    manifest = tmp_path / "data" / "dataset" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"splits": {"train": {"fingerprint": "t"}, "val": {"fingerprint": "v"}}}))
    assert lineage_tags(tmp_path) == {"dataset.train": "t", "dataset.val": "v"}


def test_a_live_process_has_not_ended() -> None:
    assert not has_ended(process_tag())


def test_a_process_that_is_gone_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    machine = process_tag().rpartition(" ")[0].rpartition(" ")[0]
    assert has_ended(f"{machine} {gone.pid} 1")


def test_a_reused_process_id_is_not_taken_for_the_old_process() -> None:
    machine_and_pid, _, started = process_tag().rpartition(" ")
    assert has_ended(f"{machine_and_pid} {int(started) - 100}")


@pytest.mark.parametrize("tag", ["", "elsewhere pid:[1] 12 34", "nonsense"])
def test_a_process_of_another_machine_counts_as_alive(tag: str) -> None:
    assert not has_ended(tag)
