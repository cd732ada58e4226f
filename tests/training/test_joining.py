"""How many processes there are, what each of them has to do, and who looks after files."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch.distributed as dist

from rehead.files import held_lock
from rehead.stage import stage
from rehead.training.joining import assembled, follows, joined, process_count
from rehead.training.plan import TrainPlan


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be the fourth of eight, each on a machine of its own, as torchrun says it."""
    for name, value in {"RANK": 3, "WORLD_SIZE": 8, "LOCAL_RANK": 0, "LOCAL_WORLD_SIZE": 1}.items():
        monkeypatch.setenv(name, str(value))


def test_a_plan_asks_for_processes() -> None:
    assert process_count(1) == 1


@pytest.mark.usefixtures("launched")
def test_a_launcher_knows_better_than_the_plan() -> None:
    assert (process_count(1), follows()) == (8, True)


def test_one_process_is_alone_and_leads() -> None:
    with joined(TrainPlan()) as group:
        assert (group.size, group.leads, follows()) == (1, True, False)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_batch_counted_by_the_step_is_the_same_for_any_number_of_processes(optimizer: str) -> None:
    plan = TrainPlan.model_validate({"batch_size": 8, "optimizer": optimizer})
    assert plan.shared_by(4) == plan


@pytest.mark.parametrize(("optimizer", "times"), [("sgd", 4.0), ("adamw", 2.0)])
def test_a_batch_counted_by_the_process_raises_the_rate_by_the_rule_of_the_optimiser(
    optimizer: str, times: float
) -> None:
    asked = TrainPlan.model_validate({"batch_size": 8, "batch_per": "process", "lr": 0.01, "optimizer": optimizer})
    plan = asked.shared_by(4)
    assert plan.images_a_step == 32
    assert plan.lr == pytest.approx(0.01 * times)


def test_a_process_that_follows_leaves_the_lock_to_the_one_that_leads(tmp_path: Path) -> None:
    with (
        held_lock(tmp_path / "data" / "locks" / "train.lock", what="stage train"),
        stage("train", inputs=[tmp_path / "nowhere"], sections=["train"], root=tmp_path, follows=True) as ending,
    ):
        assert ending.status is None


@pytest.fixture
def left_over(tmp_path: Path) -> Any:
    """A store that two processes have met over and left, as torchrun keeps it for the next ones."""
    store = dist.FileStore(str(tmp_path / "store"), 2)  # type: ignore[attr-defined]
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(lambda rank: assembled(store, rank, 2, patience=10.0), range(2)):
            part.set("address", "of a process that is gone")
    return store


def test_processes_that_are_started_again_meet_where_nothing_of_the_old_ones_stands(left_over: Any) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda rank: assembled(left_over, rank, 2, patience=10.0), range(2))
    assert not first.check(["address"])
    first.set("address", "new")
    assert second.get("address") == b"new"


def test_a_process_that_is_gone_is_not_taken_for_one_that_has_come(left_over: Any) -> None:
    with pytest.raises(RuntimeError, match=r"came within 0\.3 s \(train.process_timeout\); raise it"):
        assembled(left_over, 1, 2, patience=0.3)
