"""A study that survives its process: seeded TPE, pruning on validation mask AP, one MLflow run a trial.

The sampler is seeded anew from (seed, place of the trial), so a study that was killed and resumed suggests what an
undisturbed one would have.
"""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState

from rehead.tracking.run import tracked_run
from rehead.tuning.orphans import retry_orphans, superseded
from rehead.tuning.plan import Scalar, TunePlan
from rehead.tuning.result import StudyResult, TrialRecord
from rehead.tuning.space import Axis
from rehead.tuning.trial import Objective, TrialRunner

_RANDOM_TRIALS = 5  # before TPE has anything to go by
_TRIALS_TO_COMPARE = 3  # before a median means anything
_FIRST_PRUNED_EPOCH = 2  # before it, warm-up decides


def run_study(
    study: optuna.Study,
    plan: TunePlan,
    axes: Sequence[Axis],
    objective: Objective,
    *,
    first: Mapping[str, Scalar] | None = None,
    open_run: Callable[..., AbstractContextManager[Any]] = tracked_run,
    tell: Callable[[str], None] = lambda line: None,
) -> StudyResult:
    """Run the trials that the study still lacks and return what it came to.

    `first` is tried before any other, so the winner is at least as good. `open_run` is `tracked_run` or speaks like it.
    `tell` takes a line on what an earlier call has left, and on each trial. Raises RuntimeError if no trial was
    completed; any error of the objective but divergence and want of memory ends the study, to be resumed by the next
    call.
    """
    deadline = time.monotonic() + plan.timeout_minutes * 60 if plan.timeout_minutes else None
    study.pruner = _pruner(plan)
    if left := _left(study, plan, retry_orphans(study)):
        tell(left)
    if first and not study.get_trials(deepcopy=False):
        study.enqueue_trial(dict(first))
    limits = {"tune.trials": plan.trials, "tune.timeout_minutes": plan.timeout_minutes}
    known = study.user_attrs.get("run_id")
    # MLflow takes no other value for a parameter of a run, so what may grow within a study is a tag.
    with open_run("tune", params={"tune": plan.identity()}, tags=limits, run_id=known) as log:
        if log.run_id:
            study.set_user_attr("run_id", log.run_id)
        runner = TrialRunner(axes, objective, open_run=open_run, parent_run_id=log.run_id, deadline=deadline)
        _run_missing_trials(study, plan, runner, tell)
        result = summary(study)
        if result.best_mask_AP is None:
            raise RuntimeError(_nothing_completed(result))
        log.metrics({"best/mask_AP": result.best_mask_AP})
        log.tags({f"best.{name}": value for name, value in result.best.items()})
    return result


def summary(study: optuna.Study) -> StudyResult:
    """Collect the finished trials of a study, leaving out those that were tried again."""
    finished = [trial for trial in begun(study) if trial.state.is_finished()]
    complete = [trial for trial in finished if trial.state is TrialState.COMPLETE and trial.value is not None]
    best = max(complete, key=lambda trial: float(trial.value or 0.0), default=None)
    return StudyResult(
        study=study.study_name,
        best=dict(best.params) if best else {},
        best_mask_AP=best.value if best else None,
        best_trial=best.number if best else None,
        history=tuple(_record(trial) for trial in finished),
    )


def begun(study: optuna.Study) -> list[FrozenTrial]:
    """List the trials that count: neither waiting nor tried again as another one."""
    trials = study.get_trials(deepcopy=False)
    again = superseded(trials)
    return [trial for trial in trials if trial.number not in again and trial.state is not TrialState.WAITING]


def _run_missing_trials(study: optuna.Study, plan: TunePlan, runner: TrialRunner, tell: Callable[[str], None]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # Optuna's word for its heartbeat
        while (place := len(begun(study))) < plan.trials and not runner.is_late():
            study.sampler = _sampler(plan, place)
            study.optimize(
                runner,
                n_trials=1,
                catch=(ArithmeticError,),
                callbacks=[lambda _, trial: tell(_record(trial).line())],
            )


def _sampler(plan: TunePlan, place: int) -> optuna.samplers.BaseSampler:
    seed = int(np.random.SeedSequence([plan.seed, place]).generate_state(1)[0])
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=_RANDOM_TRIALS)


def _pruner(plan: TunePlan) -> optuna.pruners.BasePruner:
    if not plan.pruning:
        return optuna.pruners.NopPruner()
    return optuna.pruners.MedianPruner(n_startup_trials=_TRIALS_TO_COMPARE, n_warmup_steps=_FIRST_PRUNED_EPOCH)


def _left(study: optuna.Study, plan: TunePlan, orphans: Sequence[int]) -> str | None:
    """Say what there is of a study that was begun before, and what of it is lost."""
    kept, again = len(summary(study).history), len(superseded(study.get_trials(deepcopy=False)).intersection(orphans))
    if not kept and not again:
        return None
    lost = {0: "", 1: "; the one that was cut off begins anew"}.get(again, f"; {again} that were cut off begin anew")
    return f"{kept} of {plan.trials} trials are finished and kept{lost}"


def _record(trial: FrozenTrial) -> TrialRecord:
    scores = trial.intermediate_values
    reason = trial.user_attrs.get("reason")
    if reason is None and trial.state is TrialState.FAIL:
        reason = "its process was killed, again and again"
    return TrialRecord(
        number=trial.number,
        state=trial.state.name.lower(),
        params=dict(trial.params),
        mask_AP=max(scores.values(), default=None),
        epochs=len(scores),
        reason=reason,
    )


def _nothing_completed(result: StudyResult) -> str:
    reasons = sorted({record.reason or record.state for record in result.history})
    return (
        f"tune: none of {len(result.history)} trial(s) was completed: {'; '.join(reasons)}. "
        "Narrow tune.space or raise tune.trials"
    )
