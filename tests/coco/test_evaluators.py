"""Whatever the strict readers let through, four evaluators take without a crash and judge alike."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rehead.coco.kinds import KINDS, Action
from tests.coco.evaluators import Evaluators
from tests.coco.hostile import documents, results

PREFERENCES: tuple[tuple[Action, ...], ...] = (("repair", "drop"), ("warn", "repair", "drop"))
"""What policies ask for on every fault, as far as its kind allows it."""
scores = st.lists(st.sampled_from([0.2, 0.5, 0.8]), min_size=1, max_size=4)
PRECISIONS = ("AP", "AP50", "AP75", "APs", "APm", "APl")
LARGE = [HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.fixture(scope="module")
def evaluators() -> Iterator[Evaluators]:
    asked = Evaluators()
    yield asked
    asked.close()


def _lenient(preference: tuple[Action, ...]) -> dict[str, Action]:
    """Ask for the first preferred action that a kind allows."""
    allowed = {code: [action for action in preference if action in kind.actions] for code, kind in KINDS.items()}
    return {code: actions[0] for code, actions in allowed.items() if actions}


requests = documents().flatmap(
    lambda document: st.fixed_dictionaries(
        {
            "document": st.just(document),
            "policy": st.sampled_from(PREFERENCES).map(_lenient),
            "scores": scores,
            "results": results(document),
        }
    )
)


def _judge(request: dict[str, Any], evaluators: Evaluators) -> None:
    answer = evaluators.ask(request)
    if answer is None:
        event("the document is refused")
        return
    event("the document is let through")
    assert answer["apart"] == []
    fed_back = {f"{head} {name}": answer["fed_back"][head][name] for head in ("box", "mask") for name in PRECISIONS}
    assert {name: value for name, value in fed_back.items() if value is not None and value < 1 - 1e-9} == {}


@given(requests)
@settings(max_examples=60, suppress_health_check=LARGE)
def test_evaluators_agree_on_whatever_is_let_through(evaluators: Evaluators, hostile: dict[str, Any]) -> None:
    _judge(hostile, evaluators)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@given(requests)
@settings(max_examples=300, suppress_health_check=LARGE)
def test_evaluators_agree_on_very_much_that_is_let_through(evaluators: Evaluators, hostile: dict[str, Any]) -> None:
    _judge(hostile, evaluators)
