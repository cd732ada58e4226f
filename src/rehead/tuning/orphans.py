"""Trials whose process is gone: found at once on the same machine, by their missing heartbeat from another."""

import copy
import warnings
from collections.abc import Iterable
from datetime import datetime, timedelta

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState

from rehead.tracking.lineage import has_ended
from rehead.tuning.storage import retry_callback

PROCESS, ASKED = "process", "asked to end"
"""What a trial is told of: who runs it, and that it was left because somebody wished so."""
_UNNAMED_FOR = timedelta(seconds=60)  # a trial that never came to name its process


def retry_orphans(study: optuna.Study) -> list[int]:
    """Fail every running trial whose process is gone and queue it again; returns the numbers of those trials.

    One that is killed again and again is given up, since it may be what kills; being asked to end is not counted.
    """
    trials = study.get_trials(deepcopy=False)
    asked = {trial.number for trial in trials if ASKED in trial.user_attrs}
    orphans = [trial for trial in trials if trial.state is TrialState.RUNNING and _is_orphan(trial)]
    for trial in orphans:
        study.tell(trial.number, state=TrialState.FAIL)
        again = copy.deepcopy(trial)
        # The new trial must not pass for one of the dead process.
        again.user_attrs = {}
        retry_callback(uncounted=len(asked & {*superseded([trial]), trial.number}))(study, again)
    return [trial.number for trial in orphans]


def superseded(trials: Iterable[FrozenTrial]) -> set[int]:
    """Give the numbers of trials that were tried again as another one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return {
            number
            for trial in trials
            for number in optuna.storages.RetryHeartbeatStaleTrialCallback.retry_history(trial)
        }


def _is_orphan(trial: FrozenTrial) -> bool:
    process = trial.user_attrs.get(PROCESS)
    if ASKED in trial.user_attrs:
        return True
    if process is None:
        return trial.datetime_start is not None and datetime.now() - trial.datetime_start > _UNNAMED_FOR
    return has_ended(process)
