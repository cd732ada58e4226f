"""What became of each detection, on a picture where that is known."""

import pytest

from rehead.evaluation.analysis.judged import judge
from rehead.reporting.browser_states import Verdict, verdicts_on
from tests.reporting import scored


@pytest.fixture(scope="module")
def verdicts() -> list[list[Verdict]]:
    """Verdicts on pictures 7, 8 and 9."""
    least = dict.fromkeys(scored.CLASSES, 0.5)
    judged = judge(scored.truth(), scored.results(), heads=["mask"], least=least, max_detections=100)["mask"]
    return [verdicts_on(picture, matching) for picture, matching, _ in judged]


def test_every_detection_has_the_verdict_that_it_deserves(verdicts: list[list[Verdict]]) -> None:
    assert [verdict.state for verdict in verdicts[0]] == [
        *("found", "inside a crowd", "wrong class", "double"),
        *("invented", "found", "badly outlined", "found", "invented"),
    ]


def test_a_match_tells_its_object_and_overlap(verdicts: list[list[Verdict]]) -> None:
    assert verdicts[1] == [Verdict("found", 0, 1.0)]


@pytest.mark.parametrize(("row", "object_at", "iou"), [(2, 2, 1.0), (3, 0, 19 / 21), (6, 1, 9 / 31)])
def test_a_mistake_tells_which_object_was_meant(
    verdicts: list[list[Verdict]], row: int, object_at: int, iou: float
) -> None:
    assert verdicts[0][row].object_at == object_at
    assert verdicts[0][row].iou == pytest.approx(iou)


def test_what_is_invented_belongs_to_no_object(verdicts: list[list[Verdict]]) -> None:
    assert verdicts[2] == [Verdict("invented")]
