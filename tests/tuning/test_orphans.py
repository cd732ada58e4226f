"""Trials that their process has left: killed, or asked to end."""

from collections.abc import Iterator

import pytest
from optuna.trial import TrialState

from rehead.tracking.lineage import process_tag
from rehead.tuning.orphans import ASKED, PROCESS, retry_orphans
from rehead.tuning.plan import Scalar
from tests.tuning.toy import Opening, tried

GONE = f"{process_tag().rpartition(' ')[0]} 1"
"""This process's number, when another one had it."""


@pytest.mark.filterwarnings("ignore:Heartbeat of storage is supposed to be used with Study.optimize")
@pytest.mark.parametrize(
    ("ends", "queued"),
    [(("killed",) * 2, 1), (("killed",) * 3, 0), (("killed", ASKED, "killed"), 1), ((ASKED,) * 4, 1)],
)
def test_only_a_trial_that_was_killed_again_and_again_is_given_up(
    opening: Opening, ends: tuple[str, ...], queued: int
) -> None:
    study = opening()
    for end in ends:
        trial = study.ask()
        trial.set_user_attr(PROCESS, GONE)
        trial.set_user_attr(end, True)
        assert retry_orphans(study) == [trial.number]
    assert len(study.get_trials(states=(TrialState.WAITING,))) == queued


def test_a_trial_that_is_asked_to_end_is_tried_again(opening: Opening) -> None:
    def asked(params: dict[str, Scalar]) -> Iterator[float]:
        yield 0.1
        raise SystemExit(143)

    for _ in range(3):
        with pytest.raises(SystemExit):
            tried(opening, 1, asked)
    params = opening().trials[0].params
    assert [(record.state, record.params) for record in tried(opening, 1).history] == [("complete", params)]
