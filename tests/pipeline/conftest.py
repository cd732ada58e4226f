"""A copy of the project in a folder of its own, with drawn data and a network so small that a stage takes seconds."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARAMS = """\
data: {source: shapes, shapes: {train: 12, val: 4, test: 4, size: 64, kinds: [circle, square]}}
roi_align: {boxes: 100}
model: {arch: maskrcnn_mobilenet_v2_fpn, weights: none, input_size: 64, fpn_channels: 8, box_head: 8, mask_layers: [8]}
train: {freeze: none, epochs: 2, batch_size: 4, rois: 8, anchors: 16, proposals: 32}
tune: {trials: 0}
evaluate: {resamples: 10, overlays: 1}
register: {name: tiny}
"""


@dataclass(frozen=True)
class Project:
    """A copy of the project to run DVC in."""

    root: Path

    @property
    def environment(self) -> dict[str, str]:
        """Give the environment, with the test's Python first on the PATH and no store but the project's own."""
        foreign = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "DVC_STAGE", "DVC_ROOT")
        kept = {name: value for name, value in os.environ.items() if name not in foreign}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        return kept | {"PATH": path, "PYTHONPATH": str(self.root / "src")}

    def dvc(self, *arguments: str) -> str:
        """Run DVC to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def set_params(self, text: str) -> None:
        """Replace params.yaml."""
        (self.root / "params.yaml").write_text(text)


def copied_project(root: Path) -> Project:
    """Copy what the pipeline is made of, with parameters of its own."""
    for name in ("src", "stages"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("dvc.yaml", ".dvcignore", "requirements.lock.txt"):
        shutil.copy(ROOT / name, root / name)
    (root / "reports").mkdir()
    found = Project(root)
    found.set_params(PARAMS)
    return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh copy, its DVC initialised without git."""
    found = copied_project(tmp_path)
    found.dvc("init", "--no-scm", "--quiet")
    return found
