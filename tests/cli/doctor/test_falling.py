"""Which courses count as learned."""

import pytest

from rehead.cli.doctor.falling import bars, judge_courses

FALLING = tuple(1.0 - 0.03 * step for step in range(24))
HUMP = (*(0.2 + 0.05 * step for step in range(8)), *(0.6 - 0.03 * step for step in range(16)))


@pytest.mark.parametrize(
    ("name", "values", "course"),
    [
        ("loss_classifier", FALLING, "fell"),
        ("loss_box_reg", HUMP, "fell"),
        ("loss_mask", HUMP, "fell"),
        ("loss_mask", tuple(reversed(FALLING)), "rose"),
        ("loss_mask", (0.7,) * 24, "stuck"),
        ("loss_objectness", (0.01,) * 24, "low"),
        ("loss_rpn_box_reg", (0.5,) * 24, "stuck"),
    ],
)
def test_a_course_is_judged(name: str, values: tuple[float, ...], course: str) -> None:
    (fall,) = judge_courses({name: values}, learning={name: True})
    assert fall.course == course


def test_a_loss_with_nothing_to_learn_is_frozen_and_no_fault() -> None:
    (fall,) = judge_courses({"loss_objectness": (0.5,) * 24}, learning={"loss_objectness": False})
    assert (fall.course, fall.sound, "its modules are frozen" in fall.line()) == ("frozen", True, True)


def test_bars_show_a_course_in_a_few_characters() -> None:
    assert bars([8, 7, 6, 5, 4, 3, 2, 0], cells=8) == "█▇▆▅▅▄▃▁"
