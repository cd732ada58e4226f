"""The train stage as a launcher starts it on two hosts, with a project folder on each."""

import re
import socket
from contextlib import closing
from pathlib import Path

import pytest

from rehead.dataset.split import load_split
from rehead.detector.build import build_detector
from rehead.detector.checkpoint import save_detector
from tests.stages.test_train_together import MODEL, prepared, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
REFUSAL = "train: start detector is [0-9a-f]{64} for process 0 and [0-9a-f]{64} for process 1"


def test_hosts_that_start_from_other_weights_are_refused(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = [prepared(tmp_path / name, dataset) for name in ("one", "other")]
    save_detector(build_detector(MODEL, load_split(dataset, "train").classes), roots[1] / "initial")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    meeting = {"WORLD_SIZE": 2, "LOCAL_RANK": 0, "LOCAL_WORLD_SIZE": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    stages = []
    for rank, root in enumerate(roots):
        for name, value in {**meeting, "RANK": rank}.items():
            monkeypatch.setenv(name, str(value))
        stages.append(start(root, dataset))
    told = [stage.communicate()[1] for stage in stages]
    assert [stage.returncode for stage in stages] == [1, 1], told
    assert all(re.search(REFUSAL, each) for each in told), told
