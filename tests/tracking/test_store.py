"""Where the store is, and that it is created once."""

import subprocess
import sys
from pathlib import Path

import pytest

from rehead.tracking.store import project_root, tracking_uri

_CREATE = "import sys; from pathlib import Path; from rehead.tracking.store import create_store; "
_USE = "from rehead.tracking.connection import open_client; "


def test_the_project_is_the_nearest_folder_with_a_dvc_yaml(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "src" / "deep").mkdir(parents=True)
    assert project_root(tmp_path / "src" / "deep") == tmp_path.resolve()


def test_an_experiment_in_a_copy_belongs_to_the_real_project(tmp_path: Path) -> None:
    copy = tmp_path / ".dvc" / "tmp" / "exps" / "temp" / "tmpabc"
    copy.mkdir(parents=True)
    (copy / "dvc.yaml").touch()
    assert project_root(copy) == tmp_path.resolve()


def test_a_folder_without_dvc_yaml_is_its_own_project(tmp_path: Path) -> None:
    assert project_root(tmp_path) == tmp_path.resolve()


@pytest.mark.parametrize("uri", ["http://host:5000", "postgresql://user@host/mlflow"])
def test_the_environment_names_the_store(monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert tracking_uri() == uri


@pytest.mark.parametrize("uri", ["sqlite:///mlflow.db", "./mlruns", "file:///tmp/mlruns", "sqlite://"])
def test_a_store_that_depends_on_the_folder_is_refused(monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(ValueError, match="absolute path"):
        tracking_uri()


def test_the_local_store_holds_its_experiment(project: Path) -> None:
    assert tracking_uri() == f"sqlite:///{project / 'data' / 'mlflow.db'}"


def test_no_unfinished_store_stays_behind(project: Path) -> None:
    tracking_uri()
    assert list((project / "data").glob(".*.tmp")) == []


@pytest.mark.slow
def test_two_processes_may_create_the_store_at_once(tmp_path: Path) -> None:
    file = tmp_path / "data" / "mlflow.db"
    code = (
        _CREATE
        + _USE
        + f"create_store(Path({str(file)!r})); print(len(open_client('sqlite:///{file}').search_experiments()))"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(worker.communicate()[0].strip(), worker.returncode) for worker in workers] == [("2", 0), ("2", 0)]
