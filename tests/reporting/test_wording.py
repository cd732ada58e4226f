"""Numbers in words."""

from typing import Any

import pytest

from rehead.reporting.wording import number, plain


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567, "1\u202f234\u202f567"), (1e-05, "1e-05"), (True, "yes"), (None, "–"), ([], "none"), ([64], "64")],
)
def test_a_value_reads_as(value: Any, text: str) -> None:
    assert plain(value) == text


def test_the_reason_for_a_dash_is_escaped() -> None:
    assert "<i>" not in number(None, because="<i>")
