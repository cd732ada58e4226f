"""What is checked at once is judged as each string by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehead.coco.counts import CountsError, counts_from_string
from rehead.coco.many_counts import are_sound
from rehead.coco.rle import counts_to_rle

pieces = st.lists(st.integers(1, 2**20), min_size=1, max_size=12)


def judged_alone(text: str, pixels: int) -> bool:
    try:
        counts = counts_from_string(text)
    except CountsError:
        return False
    return counts[0] >= 0 and min(counts[1:], default=1) > 0 and sum(counts) == pixels


def written(counts: list[int]) -> str:
    return counts_to_rle(counts, 1, sum(counts))["counts"]


@given(st.lists(st.tuples(st.booleans(), pieces), min_size=1, max_size=6))
def test_run_lengths_that_fill_their_image_are_sound(masks: list[tuple[bool, list[int]]]) -> None:
    runs = [[0, *counts] if empty_first else counts for empty_first, counts in masks]
    assert are_sound([written(counts) for counts in runs], [sum(counts) for counts in runs]).all()


@given(st.lists(st.tuples(st.text("01PQ`abo?", max_size=9), st.integers(0, 40)), max_size=8))
@settings(max_examples=200)
def test_strings_of_any_kind_are_judged_as_each_alone(masks: list[tuple[str, int]]) -> None:
    texts, pixels = [text for text, _ in masks], [number for _, number in masks]
    assert are_sound(texts, pixels).tolist() == [judged_alone(*mask) for mask in masks]


@given(pieces, st.data())
def test_a_string_that_was_tampered_with_is_judged_as_by_itself(counts: list[int], data: st.DataObject) -> None:
    text, total = written(counts), sum(counts)
    at = data.draw(st.integers(0, len(text) - 1))
    tampered = text[:at] + data.draw(st.characters(max_codepoint=300)) + text[at + 1 :]
    assert are_sound([text, tampered, text], [total] * 3).tolist() == [True, judged_alone(tampered, total), True]


@pytest.mark.parametrize("text", ["", "o", "oooooooo0", "P" * 7, "oooooo?", "p", "/", "é", "0\0", "\ud800"])
def test_what_is_no_run_lengths_is_not_sound_and_spoils_no_other(text: str) -> None:
    assert are_sound(["5", text, "41"], [5, 5, 5]).tolist() == [True, False, True]


def test_strings_that_are_looked_at_in_parts_are_judged_as_together() -> None:
    counts = np.arange(1, 2001).tolist()
    texts, pixels = [written(counts)] * 200, [sum(counts)] * 200
    texts[77] = texts[77][:-2]
    assert np.flatnonzero(~are_sound(texts, pixels)).tolist() == [77]


def test_nothing_is_judged_as_nothing() -> None:
    assert are_sound([], []).tolist() == []
