"""The tune section of params.yaml."""

import subprocess
import sys
from pathlib import Path

import pytest

from rehead.params import ParamsError, read_params
from rehead.tuning.plan import TunePlan


def plan_from(tmp_path: Path, text: str) -> TunePlan:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    return read_params("tune", TunePlan, path=path)


def test_nothing_is_tuned_unless_asked_for(tmp_path: Path) -> None:
    assert plan_from(tmp_path, "tune:\n").trials == 0


def test_a_rate_without_a_dot_is_a_number(tmp_path: Path) -> None:
    plan = plan_from(tmp_path, "tune: {trials: 2, space: {train.lr: {low: 1e-4, high: 1e-02, log: true}}}")
    assert (plan.space["train.lr"].low, plan.space["train.lr"].high) == (0.0001, 0.01)


def test_trials_without_a_space_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="space is empty"):
        plan_from(tmp_path, "tune: {trials: 3}")


@pytest.mark.parametrize(
    ("dimension", "complaint"),
    [
        ("{low: 1}", "name low and high"),
        ("{}", "name low and high"),
        ("{low: 2, high: 1}", "low 2 must be below high 1"),
        ("{low: 0, high: 1, log: true}", "needs low above 0"),
        ("{low: 1, high: 2, choices: [1]}", "either choices, or low and high"),
        ("{choices: []}", "at least 1 item"),
        ("{low: 1, hihg: 2}", "did you mean 'high'"),
        ("{low: .nan, high: 1}", "finite"),
    ],
)
def test_a_dimension_that_is_none_is_refused(tmp_path: Path, dimension: str, complaint: str) -> None:
    with pytest.raises(ParamsError, match=complaint):
        plan_from(tmp_path, f"tune: {{trials: 1, space: {{train.lr: {dimension}}}}}")


def test_the_plan_reads_without_optuna_or_torch() -> None:
    code = "import sys, rehead.tuning.plan, rehead.tuning.result; print({'optuna', 'torch'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
