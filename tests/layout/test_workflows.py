"""The scheduled workflow calls the command that exists, and hides no failure but an overlap."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from rehead.params import load_document
from tests.layout.pipeline import ROOT

WORKFLOW: dict[str, Any] = load_document(ROOT / ".github" / "workflows" / "retrain.yml")
RETRAIN: str = WORKFLOW["jobs"]["retrain"]["steps"][-1]["run"]


@pytest.mark.parametrize(("status", "outcome"), [(0, 0), (75, 0), (1, 1), (65, 65), (124, 124)])
def test_only_an_overlap_is_forgiven(status: int, outcome: int, tmp_path: Path) -> None:
    command = tmp_path / ".venv" / "bin" / "rehead"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!/bin/sh\nexit {status}\n")
    command.chmod(0o755)
    environment = {"PATH": "/usr/bin:/bin", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "FORCE": ""}
    result = subprocess.run(["bash", "-e", "-c", RETRAIN], cwd=tmp_path, env=environment, capture_output=True)
    assert result.returncode == outcome


def test_the_workflow_waits_longer_than_a_cycle_may_take() -> None:
    minutes = load_document(ROOT / "params.yaml")["retrain"]["minutes"]
    assert WORKFLOW["jobs"]["retrain"]["timeout-minutes"] > minutes
