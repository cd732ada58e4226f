"""The table of faults: each kind is provoked somewhere, and policies reach what they may."""

from pathlib import Path

import pytest

from rehead.coco.kinds import KINDS, chosen_actions

TESTS = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_of_fault_is_named_in_a_test_that_provokes_it(code: str) -> None:
    assert f'"{code}"' in TESTS


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_can_be_made_stricter(code: str) -> None:
    assert chosen_actions({code: "reject"})[code] == "reject"


def test_without_a_policy_each_kind_has_its_default() -> None:
    assert chosen_actions({})["rle-zero-run"] == "repair"


def test_all_faults_of_a_policy_are_named_at_once() -> None:
    with pytest.raises(ValueError, match="bbox-type") as caught:
        chosen_actions({"bbox-typ": "drop", "rle-counts": "warn"})
    assert "rle-counts" in str(caught.value)
