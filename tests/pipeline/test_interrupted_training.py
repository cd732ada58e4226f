"""The train stage killed, told to end, without a tracking server and out of numbers, for real."""

import os
import random
import re
import shutil
import signal
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from rehead.files import read_json
from rehead.tracking.connection import open_client
from rehead.tracking.run import tracked_run
from rehead.training.checkpoint import Checkpoint
from tests.pipeline import trainer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
EPOCHS, STEPS = 13, 5
PARAMS = f"""
model: {{weights: none, input_size: 64, fpn_channels: 8, box_head: 8, mask_layers: [8]}}
train: {{freeze: backbone, thaw: 7, thaw_to: stage4, epochs: {EPOCHS}, batch_size: 1, ema: 0.5, feature_cache: "on",
  rois: 8, anchors: 16, proposals: 32}}
"""
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGKILL)
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def initial(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder in which training can begin."""
    root = tmp_path_factory.mktemp("initial")
    trainer.prepared(root, dataset)
    (root / "params.yaml").write_text(PARAMS)
    process = trainer.begin(trainer.swap, root)
    process.join()
    assert process.exitcode == 0, told(root)
    return root


@pytest.fixture(scope="module")
def undisturbed(initial: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A project folder in which training was let alone, though its tracking server is away; and the seconds it took."""
    root = copy_of(initial, tmp_path_factory.mktemp("undisturbed") / "project")
    began = time.monotonic()
    process = trainer.begin(trainer.fit, root, uri=NOWHERE)
    process.join()
    assert process.exitcode == 0, told(root)
    return root, time.monotonic() - began


def copy_of(initial: Path, root: Path) -> Path:
    return Path(shutil.copytree(initial, root))


def told(root: Path) -> str:
    log = root / trainer.LOG
    return log.read_text() if log.is_file() else ""


def epoch_of(root: Path) -> int:
    """Give the last epoch that the running process has finished; 0 if it has finished none."""
    return max(map(int, re.findall(r"^epoch (\d+): loss", told(root), re.MULTILINE)), default=0)


def wait_for_epoch(number: int, root: Path, process: ForkServerProcess) -> None:
    while epoch_of(root) < number:
        assert process.is_alive(), told(root)
        time.sleep(0.01)


def test_a_training_without_its_tracking_server_is_kept_whole(undisturbed: tuple[Path, float]) -> None:
    root, _ = undisturbed
    assert len(list((root / "data" / "spool").glob("*.jsonl"))) == 1
    assert (root / "reports" / "training.csv").read_text().count("\n") == EPOCHS + 1


def test_a_training_ended_at_five_random_moments_has_the_weights_of_an_undisturbed_one(
    initial: Path, undisturbed: tuple[Path, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It loads by another process, which changes nothing either; all of it is one run in the tracker."""
    root = copy_of(initial, tmp_path / "project")
    (root / "params.yaml").write_text(PARAMS.replace("ema:", "workers: 1, ema:"))
    monkeypatch.chdir(root)
    store = open_client(f"sqlite:///{root / 'data' / 'mlflow.db'}")
    chance, epoch_seconds = random.Random(0), undisturbed[1] / EPOCHS
    for place, number in enumerate(SIGNALS):
        process = trainer.begin(trainer.fit, root)
        wait_for_epoch(2 * place + chance.choice((2, 3)), root, process)
        time.sleep(chance.uniform(0.0, epoch_seconds))
        assert process.pid is not None
        os.kill(process.pid, number)
        process.join()
        assert process.exitcode == (-9 if number is signal.SIGKILL else 128 + number), told(root)
        with tracked_run("another"):  # ends what a process left open that is no more
            pass
        assert statuses(store) == {"KILLED"}
    process = trainer.begin(trainer.fit, root)
    process.join()
    assert process.exitcode == 0, told(root)
    assert "going on after step" in told(root)
    report, expected = (read_json(of / "reports" / "training.json") for of in (root, undisturbed[0]))
    assert report["weights_sha256"] == expected["weights_sha256"]
    assert statuses(store) == {"FINISHED"}
    steps = {point.step for point in store.get_metric_history(report["run_id"], "train/loss")}
    assert steps == set(range(1, EPOCHS * STEPS + 1))
    assert list((root / "data" / "checkpoints").iterdir()) == []


def test_a_kill_in_the_middle_of_a_save_leaves_a_whole_state(tmp_path: Path) -> None:
    checkpoint, chance = Checkpoint(tmp_path / "data" / "checkpoints"), random.Random(0)
    for _ in range(6):
        before = newest_name(checkpoint)
        process = trainer.begin(trainer.save_endlessly, tmp_path)
        while newest_name(checkpoint) <= before:
            time.sleep(0.001)
        time.sleep(chance.uniform(0.0, 0.05))
        process.kill()
        process.join()
        weights = [state["weights"] for state in checkpoint.states()]
        assert weights
        assert all(len(value.unique()) == 1 for value in weights)
    assert {path.suffix for path in checkpoint.folder.iterdir()} == {".bin"}


def newest_name(checkpoint: Checkpoint) -> str:
    return max((path.name for path in checkpoint.folder.glob("state-*.bin")), default="")


def test_a_full_disk_ends_the_training_once_and_in_words(initial: Path, tmp_path: Path) -> None:
    root = copy_of(initial, tmp_path / "project")
    process = trainer.begin(trainer.fit_on_a_full_disk, root)
    process.join()
    assert process.exitcode == 1, told(root)
    assert told(root).count("train: disk full: a checkpoint of") == 1
    assert "Traceback" not in told(root)


def statuses(store: object) -> set[str]:
    """Give the status of the one training there is."""
    [run] = store.search_runs(["0", "1"], "attributes.run_name = 'train'")  # type: ignore[attr-defined]
    return {run.info.status}


def test_a_training_whose_parameters_were_edited_meanwhile_is_finished_once_they_are_back(
    initial: Path, tmp_path: Path
) -> None:
    root = copy_of(initial, tmp_path / "project")
    plan = PARAMS.replace("thaw: 7", "thaw: 2").replace(f"epochs: {EPOCHS}", "epochs: 2")
    (root / "params.yaml").write_text(plan)
    process = trainer.begin(trainer.fit, root)
    wait_for_epoch(1, root, process)
    (root / "params.yaml").write_text(plan.replace("freeze:", "lr: 0.5, freeze:"))
    process.join()
    assert process.exitcode == 1, told(root)
    assert "train: stage train: params.yaml:train changed while it ran" in told(root)
    store = open_client(f"sqlite:///{root / 'data' / 'mlflow.db'}")
    assert statuses(store) == {"FAILED"}
    (root / "params.yaml").write_text(plan)
    process = trainer.begin(trainer.fit, root)
    process.join()
    assert process.exitcode == 0, told(root)
    assert f"going on after step {2 * STEPS}" in told(root)
    assert statuses(store) == {"FINISHED"}


def test_a_training_that_diverges_ends_with_65_and_names_the_images(initial: Path, tmp_path: Path) -> None:
    root = copy_of(initial, tmp_path / "project")
    plan = PARAMS.replace("ema: 0.5", "optimizer: sgd, lr: 10, warmup: 0, clip: 1000000")
    (root / "params.yaml").write_text(plan)
    process = trainer.begin(trainer.fit, root)
    process.join()
    assert process.exitcode == 65, told(root)
    assert re.search(r"train: training diverged \(.*\) on train_0000\d\.png: lower train\.lr", told(root))
    [run] = open_client(f"sqlite:///{root / 'data' / 'mlflow.db'}").search_runs(["0", "1"])
    assert run.info.status == "FAILED"
    assert "train_0000" in run.data.tags["failure"]
