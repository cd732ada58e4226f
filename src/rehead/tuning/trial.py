"""One trial: choose, train epoch by epoch, report each score, and say why if it ends early."""

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import optuna
import pydantic

from rehead.tracking.lineage import process_tag
from rehead.training.memory import is_want_of_memory
from rehead.tuning.orphans import ASKED, PROCESS
from rehead.tuning.plan import Scalar
from rehead.tuning.space import Axis

Objective = Callable[[dict[str, Scalar]], Iterator[float]]
"""Trains with these parameters and yields the validation mask AP after each epoch."""


class TrialRunner:
    """What Optuna calls for a trial. Its value is the best epoch's score, since that epoch is what training keeps."""

    def __init__(
        self,
        axes: Sequence[Axis],
        objective: Objective,
        *,
        open_run: Callable[..., AbstractContextManager[Any]],
        parent_run_id: str | None,
        deadline: float | None,
    ) -> None:
        """Run trials of `objective`, each as a child of one run, until `deadline` on the monotonic clock."""
        self._axes, self._objective = axes, objective
        self._open_run, self._parent, self._deadline = open_run, parent_run_id, deadline

    def __call__(self, trial: optuna.Trial) -> float:
        """Run one trial.

        Raises TrialPruned for one not worth going on with, short of memory or of values that do not go together,
        FloatingPointError for a score that is no number; the reason is kept with the trial.
        """
        trial.set_user_attr(PROCESS, process_tag())
        params = {axis.name: axis.suggest(trial) for axis in self._axes}
        tags = {"trial": trial.number, "study": trial.study.study_name}
        with self._open_run(f"trial {trial.number}", params=params, tags=tags, parent_run_id=self._parent) as log:
            try:
                return self._best_score(trial, params, log)
            except optuna.TrialPruned as pruned:
                log.tags({"reason": _keep_reason(trial, str(pruned))})
                raise
            except pydantic.ValidationError as error:  # each value is good, but not with the others
                reason = "; ".join(f"train.{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors())
                log.tags({"reason": _keep_reason(trial, reason)})
                raise optuna.TrialPruned(reason) from None
            except ArithmeticError as error:
                _keep_reason(trial, str(error))
                raise
            except (MemoryError, RuntimeError) as error:
                if not is_want_of_memory(error):
                    raise
                log.tags({"reason": _keep_reason(trial, "out of memory")})
                raise optuna.TrialPruned("out of memory") from None
            except (KeyboardInterrupt, SystemExit):
                trial.set_user_attr(ASKED, True)
                raise

    def is_late(self) -> bool:
        """Tell whether the time for the study is over."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _best_score(self, trial: optuna.Trial, params: dict[str, Scalar], log: Any) -> float:
        best = -math.inf
        scores = self._objective(params)
        try:
            for epoch, score in enumerate(scores, start=1):
                value = _finite(score)
                best = max(best, value)
                log.metrics({"val/mask_AP": value}, step=epoch)
                trial.report(value, epoch)
                if trial.should_prune():
                    raise optuna.TrialPruned(f"below the median after epoch {epoch}")
                if self.is_late():
                    raise optuna.TrialPruned(f"the study's time was over after epoch {epoch}")
        finally:
            if isinstance(scores, Generator):
                scores.close()  # lets go of the detector before the next trial builds its own
        return _finite(best)


def _finite(score: object) -> float:
    """Return the score as a float; Optuna itself would keep an infinite one as the best of all."""
    value = float(score) if isinstance(score, int | float) else math.nan
    if not math.isfinite(value):
        raise FloatingPointError(f"the validation mask AP is {score!r}, which is no finite number")
    return value


def _keep_reason(trial: optuna.Trial, reason: str) -> str:
    trial.set_user_attr("reason", reason)
    return reason
