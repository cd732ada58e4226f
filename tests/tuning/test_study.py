"""Studies on a small function, in a real SQLite storage."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehead.tuning.plan import Scalar
from rehead.tuning.storage import study_name
from rehead.tuning.study import run_study
from tests.tuning.toy import AXES, Opening, Runs, by_trial, opened, plan_of, rising, tried, yielding


def test_the_winner_has_the_highest_score(opening: Opening) -> None:
    result = tried(opening, 6)
    assert result.best_mask_AP == max(record.mask_AP or 0.0 for record in result.history)


def test_the_same_seed_tries_the_same_values(opening: Opening, folder: Path) -> None:
    first = tried(opening, 7)
    second = tried(lambda: opened(folder, "other"), 7)
    assert [record.params for record in first.history] == [record.params for record in second.history]


def test_another_seed_tries_other_values(opening: Opening, folder: Path) -> None:
    first = tried(opening, 1)
    second = tried(lambda: opened(folder, "other"), 1, seed=1)
    assert first.history[0].params != second.history[0].params


def test_a_continued_study_goes_the_way_of_an_undisturbed_one(opening: Opening, folder: Path) -> None:
    whole = tried(lambda: opened(folder, "whole"), 9)
    tried(opening, 6)
    assert [record.params for record in tried(opening, 9).history] == [record.params for record in whole.history]


def test_a_finished_study_runs_no_further_trial(opening: Opening) -> None:
    first = tried(opening, 3)
    assert tried(opening, 3, yielding(0.99)) == first


def test_the_untuned_values_are_tried_first(opening: Opening) -> None:
    start: dict[str, Scalar] = {"train.lr": 0.001, "train.freeze": "backbone"}
    result = run_study(opening(), plan_of(2), AXES, rising, first=start, open_run=Runs().open)
    assert result.history[0].params == start


def test_a_study_without_a_completed_trial_is_an_error(opening: Opening) -> None:
    with pytest.raises(RuntimeError, match=r"none of 2 trial\(s\) was completed: loss is nan"):
        tried(opening, 2, by_trial(FloatingPointError("loss is nan"), FloatingPointError("loss is nan")))


def test_the_study_stops_when_its_time_is_over(opening: Opening) -> None:
    def slow(params: dict[str, Scalar]) -> Iterator[float]:
        for _ in range(3):
            time.sleep(0.1)
            yield 0.5

    assert len(tried(opening, 1000, slow, timeout_minutes=1 / 20).history) < 20


def test_a_resumed_study_goes_on_in_its_run(opening: Opening) -> None:
    tried(opening, 1)
    runs = Runs()
    run_study(opening(), plan_of(2), AXES, rising, open_run=runs.open)
    assert runs.opened[0].run_id == "id of tune"


def test_more_trials_and_time_leave_the_parameters_of_the_run_as_they_are(opening: Opening) -> None:
    runs = Runs()
    for trials in (1, 2):
        run_study(opening(), plan_of(trials, timeout_minutes=trials), AXES, rising, open_run=runs.open)
    first, second = [run for run in runs.opened if run.name == "tune"]
    assert (second.params, second.tag["tune.trials"]) == (first.params, 2)


_KILLED = """
import sys, time
from pathlib import Path
from rehead.tuning.storage import open_study
from rehead.tuning.study import run_study
from tests.tuning.toy import AXES, Runs, plan_of

def objective(params):
    yield 0.1
    print("begun", flush=True)
    time.sleep(600)

folder = Path(sys.argv[1])
study = open_study(f"sqlite:///{folder}/optuna.db", "study", lock=folder / "lock")
run_study(study, plan_of(3), AXES, objective, open_run=Runs().open)
"""


def killed_within_a_trial(folder: Path) -> None:
    """Run a study in another process and kill it in its first trial."""
    root = Path(__file__).parents[2]
    child = subprocess.Popen([sys.executable, "-c", _KILLED, str(folder)], stdout=subprocess.PIPE, text=True, cwd=root)
    assert child.stdout is not None
    with child:
        assert child.stdout.readline() == "begun\n"
        child.send_signal(signal.SIGKILL)


def test_a_resumed_study_says_what_it_keeps(opening: Opening) -> None:
    said: list[str] = []
    tried(opening, 1)
    run_study(opening(), plan_of(2), AXES, rising, open_run=Runs().open, tell=said.append)
    assert [line.split(":")[0] for line in said] == ["1 of 2 trials are finished and kept", "trial 1 complete"]


def test_a_killed_study_tries_the_lost_trial_again_and_then_only_what_is_left(opening: Opening, folder: Path) -> None:
    killed_within_a_trial(folder)
    lost, said = opening().trials[0].params, list[str]()
    history = run_study(opening(), plan_of(3), AXES, rising, open_run=Runs().open, tell=said.append).history
    assert said[0] == "0 of 3 trials are finished and kept; the one that was cut off begins anew"
    assert ([record.params for record in history].count(lost), [r.state for r in history]) == (1, ["complete"] * 3)


def test_the_name_of_a_study_follows_from_its_facts() -> None:
    assert study_name({"lr": 1}) != study_name({"lr": 2})
