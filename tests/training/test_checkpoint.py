"""States that survive a full disk, a damaged file, a kill and a stranger's hand."""

import hashlib
import io
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torchvision.models.detection import MaskRCNN

from rehead.detector.build import Detector
from rehead.detector.plan import ModelPlan
from rehead.training.checkpoint import Checkpoint

WEIGHTS = torch.arange(300_000.0)
ROW = {"epoch": 1, "loss": 0.5, "val_mask_AP": None}


def state_of(number: int) -> dict[str, Any]:
    return {"learner": {"w": WEIGHTS + number}, "rows": [ROW] * number, "run_id": None}


def newest(checkpoint: Checkpoint) -> dict[str, Any] | None:
    return next(checkpoint.states(), None)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    """A checkpoint that holds two states."""
    checkpoint = Checkpoint(tmp_path / "c")
    for number in (1, 2):
        checkpoint.save(state_of(number))
    return checkpoint


def files(checkpoint: Checkpoint) -> list[Path]:
    return sorted(checkpoint.folder.iterdir())


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Let writing fail as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_state_comes_back_as_it_was_saved(checkpoint: Checkpoint) -> None:
    loaded = newest(checkpoint)
    assert loaded is not None
    assert torch.equal(loaded.pop("learner")["w"], WEIGHTS + 2)
    assert loaded == {"rows": [ROW, ROW], "run_id": None}


def test_no_state_is_none(tmp_path: Path) -> None:
    assert newest(Checkpoint(tmp_path / "c")) is None


def test_the_newest_state_and_the_one_before_are_kept(checkpoint: Checkpoint) -> None:
    checkpoint.save(state_of(3))
    assert [len(state["rows"]) for state in checkpoint.states()] == [3, 2]


DAMAGES = {
    "a flipped bit": lambda data: data[:500_000] + bytes([data[500_000] ^ 1]) + data[500_001:],
    "a zeroed page": lambda data: data[:8192] + bytes(4096) + data[12_288:],
    "a cut end": lambda data: data[:-100],
    "an empty file": lambda data: b"",
    "a page of HTML": lambda data: b"<!doctype html><title>504 Gateway Time-out</title>",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_told_of_and_the_one_before_it_used(
    checkpoint: Checkpoint, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = files(checkpoint)[-1]
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    loaded = newest(checkpoint)
    assert loaded is not None
    assert len(loaded["rows"]) == 1
    assert f"{path} is damaged" in capsys.readouterr().err


def test_a_damaged_state_does_not_come_back(checkpoint: Checkpoint) -> None:
    files(checkpoint)[-1].write_bytes(b"")
    next(checkpoint.states())
    checkpoint.save(state_of(3))
    assert [len(state["rows"]) for state in checkpoint.states()] == [3, 1]


def test_code_in_a_state_is_never_run(checkpoint: Checkpoint, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "ran"),)

    stream = io.BytesIO()
    torch.save({"rows": Evil()}, stream)
    data = stream.getvalue()
    files(checkpoint)[-1].write_bytes(hashlib.sha256(data).digest() + data)
    assert [len(state["rows"]) for state in checkpoint.states()] == [1]
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("foreign", [np.float32(0.5), Path("x"), {1, 2}])
def test_what_could_not_be_read_back_is_not_saved(checkpoint: Checkpoint, foreign: object) -> None:
    with pytest.raises(TypeError, match=rf"state\.rows\.0\.loss is a {type(foreign).__name__}"):
        checkpoint.save({"rows": [{"loss": foreign}]})
    assert [len(state["rows"]) for state in checkpoint.states()] == [2, 1]


def test_a_state_of_a_gpu_is_read_without_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.serialization.location_tag", lambda storage: "cuda:0")
    checkpoint = Checkpoint(tmp_path / "c")
    checkpoint.save(state_of(1))
    loaded = newest(checkpoint)
    assert loaded is not None
    assert torch.equal(loaded["learner"]["w"], WEIGHTS + 1)


def test_a_disk_that_fills_up_fails_in_words_and_leaves_the_old_states(checkpoint: Checkpoint) -> None:
    before = {file: file.read_bytes() for file in files(checkpoint)}
    with files_no_longer_than(500_000), pytest.raises(OSError, match=r"^disk full: a checkpoint of 1\.2 MB"):
        checkpoint.save(state_of(3))
    assert {file: file.read_bytes() for file in files(checkpoint)} == before


def test_a_disk_that_fills_up_under_the_best_detector_fails_in_the_same_words(checkpoint: Checkpoint) -> None:
    model = cast(MaskRCNN, torch.nn.Linear(500, 500))
    detector = Detector(model, ("nut",), ModelPlan(), frozen_statistics=False)
    with files_no_longer_than(500_000), pytest.raises(OSError, match=r"^disk full: a checkpoint of 1\.0 MB"):
        checkpoint.save_best(detector, 1)
    assert not checkpoint.best(1).exists()


def test_a_state_is_not_begun_where_there_is_no_room_for_two(checkpoint: Checkpoint) -> None:
    before = files(checkpoint)
    with pytest.raises(OSError, match=r"disk full: .* has 2\.0 MB left. Make room, then run `dvc repro`"):
        Checkpoint(checkpoint.folder, free=lambda path: 2_000_000).save(state_of(3))
    assert files(checkpoint) == before


def test_what_a_killed_process_left_half_written_is_removed(checkpoint: Checkpoint) -> None:
    before = files(checkpoint)
    (checkpoint.folder / ".state-0000003.bin.4711.tmp").write_bytes(b"half")
    next(checkpoint.states())
    assert files(checkpoint) == before


def test_the_two_newest_best_detectors_are_kept(checkpoint: Checkpoint) -> None:
    for epoch in (1, 9, 10):
        checkpoint.best(epoch).mkdir()
    checkpoint.save(state_of(3))
    assert [checkpoint.best(epoch).exists() for epoch in (1, 9, 10)] == [False, True, True]


def test_other_inputs_or_another_plan_have_another_checkpoint(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("b")
    folders = {
        Checkpoint.of_inputs(tmp_path / "root", inputs=[source], plan=plan).folder
        for source in (one, two)
        for plan in ({"lr": 1}, {"lr": 2})
    }
    assert len(folders) == 4


def test_a_training_that_begins_anew_beside_unfinished_ones_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Checkpoint.of_inputs(tmp_path, inputs=[], plan={"lr": 1}).save(state_of(1))
    Checkpoint.of_inputs(tmp_path, inputs=[], plan={"lr": 1})
    assert capsys.readouterr().err == ""
    Checkpoint.of_inputs(tmp_path, inputs=[], plan={"lr": 2})
    assert "training begins anew; 1 unfinished in" in capsys.readouterr().err


def test_success_leaves_nothing_behind(checkpoint: Checkpoint) -> None:
    checkpoint.remove()
    assert list(checkpoint.folder.parent.iterdir()) == []
