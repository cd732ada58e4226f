"""File names tell groups where they do so clearly."""

import re
from collections.abc import Callable

import pytest

from rehead.cli.grouping import propose_grouping


def named(number: int, name: Callable[[int], str]) -> list[str]:
    return [name(n) for n in range(number)]


@pytest.mark.parametrize(
    ("name", "example", "group"),
    [
        (lambda n: f"wall{n // 4:02}_{n % 4}.jpg", "wall07_3.jpg", "wall07"),
        (lambda n: f"video-{n // 4}-frame{n:05}.png", "video-3-frame00012.png", "video-3"),
        (lambda n: f"patient_{n // 4}_slice_{n % 4}.png", "patient_9_slice_2.png", "patient_9_slice"),
        (lambda n: f"patient{n // 4}/{n % 4}.png", "patient12/3.png", "patient12"),
        (lambda n: f"cat{n // 3}_jpg.rf.{n:032x}.jpg", f"cat5_jpg.rf.{0:032x}.jpg", "cat5"),
        (lambda n: f"a_{n // 3}_jpg.rf.{n:032x}.jpg", f"a_5_jpg.rf.{0:032x}.jpg", "a_5"),
    ],
)
def test_images_are_grouped_by_what_stands_before_their_number(
    name: Callable[[int], str], example: str, group: str
) -> None:
    found = propose_grouping(named(60, name))
    assert found is not None
    match = re.search(found.pattern, example)
    assert match is not None
    assert match[1] == group


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(lambda n: f"{n:012}.jpg", id="numbers alone"),
        pytest.param(lambda n: f"IMG_{n:04}.jpg", id="one camera"),
        pytest.param(lambda n: f"{('cat', 'dog')[n % 2]}_{n}.jpg", id="classes"),
        pytest.param(lambda n: f"a{n}_1.jpg", id="each its own group"),
        pytest.param(lambda n: f"{2007 + n % 5}_{n:06}.jpg", id="few large groups"),
        pytest.param(lambda n: f"wall{n // 4}_{n % 4}.jpg" if n else "cover.jpg", id="a name that does not fit"),
        pytest.param(lambda n: f"wall1_{n}.jpg" if n < 30 else f"wall{n}_1.jpg", id="half in one group"),
        pytest.param(lambda n: "1" * 5000 + f"_{n}", id="absurdly long names"),
    ],
)
def test_names_that_do_not_group_clearly_give_nothing(name: Callable[[int], str]) -> None:
    assert propose_grouping(named(60, name)) is None


def test_no_names_give_nothing() -> None:
    assert propose_grouping([]) is None


def test_the_proposal_counts_its_groups() -> None:
    found = propose_grouping(named(60, lambda n: f"wall{n // 4}_{n % 4}.jpg"))
    assert found is not None
    assert (found.groups, found.largest) == (15, 4)
