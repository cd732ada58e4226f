from collections.abc import Callable
from pathlib import Path

import pytest

from rehead.cli.ablation.runs import Training
from rehead.cli.ablation.sweep import RunFailedError, Sweep, child_process, sweep
from tests.cli.ablation.conftest import Trainer

Plan = Callable[..., list[Training]]


def swept(trainings: list[Training], trainer: Trainer) -> Sweep:
    return sweep(trainings, trainer, units=1, summary=lambda run: f"{run.seconds:.0f} s")


def test_every_training_becomes_a_run_in_the_planned_order(plan: Plan) -> None:
    trainings = plan()
    done = swept(trainings, Trainer())
    assert [(run.value, run.seed) for run in done.runs] == [(one.value, one.seed) for one in trainings]


def test_finished_runs_are_not_done_again(plan: Plan) -> None:
    swept(plan(seeds=1), Trainer())
    second = Trainer()
    done = swept(plan(seeds=2), second)
    assert second.started == ["28, seed 1", "56, seed 1"]
    assert len(done.runs) == 4


def test_an_interrupted_ablation_goes_on_with_the_run_that_was_lost(plan: Plan) -> None:
    with pytest.raises(KeyboardInterrupt):
        swept(plan(), Trainer(interrupted="28, seed 1"))
    second = Trainer()
    swept(plan(), second)
    assert second.started == ["28, seed 1", "56, seed 1"]


def test_a_failed_run_is_told_and_the_others_go_on(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    done = swept(plan(), Trainer(failing="56, seed 0"))
    assert done.faults == ["56, seed 0: training diverged"]
    assert [(run.value, run.seed) for run in done.runs] == [("28", 0), ("28", 1), ("56", 1)]
    assert "56, seed 0: failed: training diverged; 2 to go" in capsys.readouterr().err


def test_a_failed_run_is_tried_again_by_the_next_call(plan: Plan) -> None:
    swept(plan(seeds=1), Trainer(failing="56, seed 0"))
    second = Trainer()
    swept(plan(seeds=1), second)
    assert second.started == ["56, seed 0"]


@pytest.mark.slow
def test_a_fault_of_the_child_process_is_the_reason_that_is_given(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(RunFailedError, match=r"manifest.json does not exist: run `dvc repro ingest` first"):
        list(child_process(tmp_path)(plan("28", seeds=1)[0]))
