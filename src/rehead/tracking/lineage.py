"""Where a run comes from: the commit, the data, and the process that writes it."""

import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import psutil
from ruamel.yaml import YAML

from rehead.files import read_json, sha256_of

_GIT_SECONDS = 10
_WRITTEN_BY_PEOPLE = ("src", "stages", "dvc.yaml", "params.yaml", "requirements.lock.txt")
_START_TOLERANCE_SECONDS = 2.0


def lineage_tags(root: Path = Path()) -> dict[str, str]:
    """Describe the state of the project folder: git commit, changed or not, dvc.lock, data hashes, fingerprints.

    What cannot be known (no git, no dvc.lock, no dataset yet) is left out.
    """
    return _git_tags(root) | _dvc_tags(root / "dvc.lock") | _dataset_tags(root / "data" / "dataset" / "manifest.json")


def process_tag() -> str:
    """Name this process so that no later one can be taken for it: host, pid namespace, pid, start in whole seconds."""
    return f"{_machine()} {os.getpid()} {psutil.Process().create_time():.0f}"


def has_ended(process: str) -> bool:
    """Tell whether the process behind a `process_tag` is gone; one of another machine counts as alive."""
    machine, _, rest = process.rpartition(" ")[0].rpartition(" ")
    started = process.rpartition(" ")[2]
    if machine != _machine() or not (rest.isdigit() and started.isdigit()):
        return False
    try:
        found = psutil.Process(int(rest))
        same = abs(found.create_time() - float(started)) <= _START_TOLERANCE_SECONDS
        return not same or found.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _machine() -> str:
    """Host name and pid namespace: containers of one host may share the name and count their pids apart."""
    namespace = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()} {namespace.readlink() if namespace.exists() else 'pid'}"


def _git_tags(root: Path) -> dict[str, str]:
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return {}
    # DVC rewrites dvc.lock and the reports while the pipeline runs: they would make every run look changed.
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", *_WRITTEN_BY_PEOPLE)
    # MLflow's page links the run to its commit by the second name.
    return {"git.commit": commit, "mlflow.source.git.commit": commit, "git.dirty": str(bool(changed)).lower()}


def _git(root: Path, *arguments: str) -> str | None:
    """Ask git; None where there is no git, no repository or no commit."""
    try:
        answer = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, timeout=_GIT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def _dvc_tags(lock: Path) -> dict[str, str]:
    """Hash dvc.lock, and name the md5 that it holds for every output below data/.

    This is the state at the start of a stage: DVC writes the stage's own entry after its end, so the hash is that of
    the file before, and not of the one that is committed with the result.
    """
    if not lock.is_file():
        return {}
    tags = {"dvc.lock.sha256": sha256_of(lock)}
    stages: dict[str, Any] = (YAML(typ="safe").load(lock.read_text(encoding="utf-8")) or {}).get("stages", {})
    for stage in stages.values():
        for out in stage.get("outs", []):
            if str(out.get("path", "")).startswith("data/") and "md5" in out:
                tags[f"dvc.md5.{out['path']}"] = str(out["md5"])
    return tags


def _dataset_tags(manifest: Path) -> dict[str, str]:
    """Name the fingerprint of each split of the canonical dataset."""
    if not manifest.is_file():
        return {}
    return {f"dataset.{split}": str(facts["fingerprint"]) for split, facts in read_json(manifest)["splits"].items()}
