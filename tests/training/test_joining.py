"""How many processes there are, what each of them has to do, and who looks after files."""

from pathlib import Path

import pytest

from rehead.stage import held_lock, stage
from rehead.training.joining import follows, joined, process_count
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
