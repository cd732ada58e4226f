"""Numbers in words."""

from typing import Any

import pytest

from rehead.reporting.wording import THIN_SPACE, decimal, inline, number, percent, plain, thresholds_in_words


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567, "1\u202f234\u202f567"), (1e-05, "1e-05"), (True, "yes"), (None, "–"), ([], "none"), ([64], "64")],
)
def test_a_value_reads_as(value: Any, text: str) -> None:
    assert plain(value) == text


def test_the_reason_for_a_dash_is_escaped() -> None:
    assert "<i>" not in number(None, because="<i>")


@pytest.mark.parametrize(
    ("share", "words"), [(0, "0 %"), (0.001, "< 1 %"), (0.31, "31 %"), (0.9999, "> 99 %"), (1, "100 %")]
)
def test_a_share_is_never_rounded_to_none_or_all(share: float, words: str) -> None:
    assert percent(share).replace(THIN_SPACE, " ") == words


@pytest.mark.parametrize(
    ("value", "words"), [(3.523e-06, "0.0000035"), (0, "0"), (0.0123, "0.012"), (15.0, "15"), (None, "–")]
)
def test_a_small_number_in_running_text_has_no_exponent(value: float | None, words: str) -> None:
    assert decimal(value) == words


def test_an_undefined_share_is_a_dash() -> None:
    assert percent(None) == "–"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a|b", "a\\|b"),
        ("<b>", "&lt;b>"),
        ("[x](y)", "\\[x\\](y)"),
        ("*a* _b_ `c`", "\\*a\\* \\_b\\_ \\`c\\`"),
        ("a\n# b", "a # b"),
        ("\u202e", "\\\\u202e"),
    ],
)
def test_a_name_stays_a_name_in_markdown(name: str, text: str) -> None:
    assert inline(name) == text


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("f1", "Thresholds were chosen on the val split for the highest F1"),
        ({"precision": 0.9}, "Thresholds were chosen on the val split for a precision of 0.9"),
        (0.5, "Detections are shown from a score of 0.5 on, as evaluate.threshold says"),
    ],
)
def test_thresholds_are_told_as_chosen_only_where_they_were(rule: Any, words: str) -> None:
    assert thresholds_in_words({"on": "val", "rule": rule}) == words
