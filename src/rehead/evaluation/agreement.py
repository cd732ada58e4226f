"""Two evaluators that know nothing of each other: what they agree on can be believed.

Each has its own way of being wrong; a box of NaN counts as found in pycocotools and as missed in hotcoco.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rehead.evaluation.coco_map import HEADS, Scores, coco_map, evaluator

TOLERANCE = 1e-9


class EvaluatorsDisagreeError(RuntimeError):
    """The two evaluators give different scores of the same results; the message names the numbers."""


@dataclass(frozen=True)
class Difference:
    """A number by name (`mask.AP75`, `per_class.nut.box_AP`), as the fast evaluator gives it and as the reference."""

    name: str
    fast: float | None
    reference: float | None


def agreed_map(
    truth: dict[str, Any],
    results: Sequence[dict[str, Any]],
    *,
    max_detections: int = 100,
    heads: Iterable[str] = tuple(HEADS),
) -> Scores:
    """Score as `coco_map` does, by both evaluators; raises EvaluatorsDisagreeError if a number differs."""
    heads = list(heads)
    fast, reference = (
        coco_map(truth, results, max_detections=max_detections, heads=heads, by=by) for by in ("fast", "reference")
    )
    refuse_differences(fast, reference)
    return fast


def refuse_differences(fast: Scores, reference: Scores) -> None:
    """Raise EvaluatorsDisagreeError unless two scores are the same within 1e-9."""
    apart = [f"{one.name} {one.fast} against {one.reference}" for one in differences(fast, reference)]
    if apart:
        more = f" and {len(apart) - 5} more" if len(apart) > 5 else ""
        raise EvaluatorsDisagreeError(
            f"{evaluators()} give different scores of the same results: {', '.join(apart[:5])}{more}. Neither can be "
            "believed until it is known why, so no model is promoted; install the versions of requirements.lock.txt"
        )


def evaluators() -> str:
    """Name the two with their versions."""
    return f"{evaluator('fast')} and {evaluator('reference')}"


def differences(fast: Scores, reference: Scores) -> Iterator[Difference]:
    """Name the numbers that differ by more than 1e-9, or are undefined in one alone."""
    first, second = dict(_numbers(fast)), dict(_numbers(reference))
    for name in first | second:
        one, other = first.get(name), second.get(name)
        same = one == other if one is None or other is None else abs(one - other) <= TOLERANCE
        if not same:
            yield Difference(name, one, other)


def _numbers(scores: Scores) -> Iterator[tuple[str, float | None]]:
    for head in HEADS:
        yield from ((f"{head}.{name}", value) for name, value in getattr(scores, head).items())
    for name, row in scores.per_class.items():
        yield from ((f"per_class.{name}.{key}", value) for key, value in row.items())
