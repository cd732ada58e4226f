"""The GPU's bench, tried out on a CPU in its smallest setting, without what the core does not need."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("gpu_training.py")
ROOT = SCRIPT.parents[2]
_WITHOUT_TOOLS = """
import runpy, sys
sys.modules.update(mlflow=None, optuna=None, dvc=None)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.slow
def test_the_bench_runs_without_mlflow_optuna_and_dvc() -> None:
    smallest = "--arches maskrcnn_mobilenet_v2_fpn --sizes 64 --batches 1 --steps 1 --matrix 64 --only ours"
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_TOOLS, str(SCRIPT), *smallest.split()],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    [ours] = json.loads(done.stdout)["trainings"]
    assert ours["images_per_second"] > 0
    assert 0 < sum(ours["gmac"][part] for part in ("trunk", "pyramid", "rpn", "boxes", "masks")) < ours["gmac"]["all"]
    assert "aten::convolution_backward" in ours["operators"]
