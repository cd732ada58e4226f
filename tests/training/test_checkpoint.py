from pathlib import Path

import torch

from rehead.training.checkpoint import Checkpoint

WEIGHTS = torch.arange(3.0)
STATE = {"learner": {"w": WEIGHTS}, "rows": [{"epoch": 1, "loss": 0.5, "val_mask_AP": None}], "run_id": None}


def test_a_state_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    Checkpoint(tmp_path / "c").save(STATE)
    loaded = Checkpoint(tmp_path / "c").load()
    assert loaded is not None
    assert torch.equal(loaded["learner"]["w"], WEIGHTS)
    assert loaded["rows"] == STATE["rows"]


def test_no_state_is_none(tmp_path: Path) -> None:
    assert Checkpoint(tmp_path / "c").load() is None


def test_a_damaged_state_counts_as_none(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "c")
    checkpoint.save(STATE)
    file = next(checkpoint.folder.iterdir())
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert checkpoint.load() is None


def test_other_inputs_or_another_plan_have_another_checkpoint(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("b")
    folders = {
        Checkpoint.of_inputs(tmp_path, inputs=[source], plan=plan).folder
        for source in (one, two)
        for plan in ({"lr": 1}, {"lr": 2})
    }
    assert len(folders) == 4


def test_success_leaves_nothing_behind(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "c")
    checkpoint.save(STATE)
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == []
