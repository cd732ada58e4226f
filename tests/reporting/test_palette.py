"""Colours and inks."""

import pytest

from rehead.reporting.palette import as_hex, colour, ink_on


def test_the_first_twenty_one_colours_are_distinct() -> None:
    assert len({colour(index) for index in range(21)}) == 21


@pytest.mark.parametrize(("ground", "ink"), [((240, 228, 66), (0, 0, 0)), ((0, 60, 90), (255, 255, 255))])
def test_ink_contrasts_with_its_ground(ground: tuple[int, int, int], ink: tuple[int, int, int]) -> None:
    assert ink_on(ground) == ink


def test_a_colour_is_written_as_css_reads_it() -> None:
    assert as_hex((0, 158, 115)) == "#009e73"
