"""What importing the package sets, before anything else is loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import importlib.abc, os, sys

class Torch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "torch":
            sys.exit(os.environ["OMP_WAIT_POLICY"])

sys.meta_path.insert(0, Torch())
import train
"""


@pytest.mark.parametrize(("given", "found"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_waiting_threads_sleep_from_before_torch_is_loaded_unless_the_user_says_otherwise(
    given: str | None, found: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[1] / "stages")} | (
        {"OMP_WAIT_POLICY": given} if given else {}
    )
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
    assert done.stderr.splitlines()[-1:] == [found]
