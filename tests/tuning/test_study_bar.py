"""How far a study is, as its bar tells it."""

from collections.abc import Iterator

import pytest

from rehead import progress as module
from rehead.progress import progress
from rehead.training.step import Step
from rehead.tuning.plan import Scalar
from rehead.tuning.study import run_study
from rehead.tuning.study_bar import StudyBar
from tests.tuning.toy import AXES, Opening, Runs, plan_of


def test_a_studys_bar_counts_trials_that_go_on_and_leaves_out_what_one_that_ended_early_did_not_do(
    opening: Opening, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(module, "_LINE_SECONDS", 0.0)
    study, epochs = opening(), iter([2, 1, 2])
    with progress("tune", 0) as bar:
        shown = StudyBar(bar, study, trials=3, epochs=2)

        def objective(params: dict[str, Scalar]) -> Iterator[float]:
            shown.begin(2, images=10)
            for epoch in range(1, 1 + next(epochs)):
                shown.step(Step(epoch, epoch, {"loss": 0.5}, 0.1, images=9))
                shown.image()
                yield 0.5
            if bar.done == 30:
                raise FloatingPointError("loss is nan")

        run_study(study, plan_of(3), AXES, objective, open_run=Runs().open)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        *("tune: 9 of 60", "tune: 10 of 60", "tune: 19 of 60", "tune: 20 of 60"),
        *("tune: 29 of 60", "tune: 30 of 60"),
        *("tune: 39 of 50", "tune: 40 of 50", "tune: 49 of 50", "tune: 50 of 50"),
    ]
    assert [line.split(" left ")[1] for line in lines[4:7]] == [
        "2 of 3 trials, epoch 1, loss 0.500",
        "2 of 3 trials, validating",
        "3 of 3 trials, epoch 1, loss 0.500",
    ]
