"""A policy says what is done about a kind of fault, within what the kind allows."""

import pytest

from rehead.coco.kinds import KINDS
from rehead.coco.policy import chosen_actions, mending, named_actions


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_can_be_made_stricter(code: str) -> None:
    assert chosen_actions({code: "reject"})[code] == "reject"


def test_without_a_policy_each_kind_has_its_default() -> None:
    assert chosen_actions({})["rle-zero-run"] == "repair"


def test_all_faults_of_a_policy_are_named_at_once() -> None:
    with pytest.raises(ValueError, match="bbox-type") as caught:
        chosen_actions({"bbox-typ": "drop", "rle-counts": "warn"})
    assert "rle-counts" in str(caught.value)


def test_a_star_stands_for_the_kinds_that_begin_so_and_allow_the_action() -> None:
    assert named_actions({"rle-*": "drop"}) == {"rle-size": "drop", "rle-counts": "drop"}


def test_a_full_code_wins_over_a_star_in_any_order() -> None:
    assert named_actions({"rle-size": "reject", "rle-*": "drop"})["rle-size"] == "reject"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rle-*", "choose drop or reject or repair"),
        ("rel-size", "no such fault; did you mean rle-size\\? `rehead check --codes` lists them"),
        ("zzz", "no such fault; `rehead check --codes` lists them"),
    ],
)
def test_a_name_that_fits_nothing_is_an_error_with_the_nearest(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        named_actions({name: "warn"})


@pytest.mark.parametrize(
    ("code", "action"),
    [("bbox-type", "repair"), ("rle-counts", "drop"), ("category-name", None), ("image-aspect", None)],
)
def test_mending_refuses_only_what_can_be_neither_repaired_nor_left_out(code: str, action: str | None) -> None:
    assert mending({}).get(code) == action


def test_what_a_policy_names_is_not_mended() -> None:
    assert mending({"bbox-*": "reject"})["bbox-type"] == "reject"
