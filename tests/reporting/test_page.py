"""What pages share: pictures inside the page, and names that cannot harm it."""

from pathlib import Path

import pytest

from rehead.reporting.page import embed, embed_file
from rehead.reporting.wording import shortened


def test_a_figure_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'\.pdf' cannot be embedded"):
        embed_file(tmp_path / "curves.pdf")


def test_bytes_become_a_data_uri() -> None:
    assert embed(b"ab", "image/png") == "data:image/png;base64,YWI="


def test_a_long_path_keeps_both_its_ends() -> None:
    assert shortened("a/very/long/path/to/one.png", longest=13) == "a/very…ne.png"


def test_a_short_text_stays_as_it_is() -> None:
    assert shortened("ümlaut 日本", longest=9) == "ümlaut 日本"


@pytest.mark.parametrize("text", ["\x1b[31m", "a\nb", "\u202e", "\ud800", "\u2066"])
def test_what_cannot_be_seen_is_escaped(text: str) -> None:
    assert shortened(text, longest=40).isprintable()
