"""From what a dataset says to an answer for each question, with the reason: pure rules over evidence."""

from collections.abc import Iterator
from dataclasses import dataclass

from rehead.cli.routing.answers import Answers, Objects, Stuff, Want
from rehead.cli.routing.evidence import CELLS, POOR, Evidence, Outlines

_BROKEN = 0.3
"""Share of masks in pieces from which a class's pixels seem to have been cut out together, not its objects."""
_COVERED = 0.95
_POOR = 0.2
_NAMED = 5


@dataclass(frozen=True)
class Reasoned:
    """What the data answers to each question, and why."""

    answers: Answers
    because: dict[str, str]
    """Field of Answers to the reason."""
    facts: tuple[str, ...]
    """What else bears on a detector of objects."""


def answer_from(evidence: Evidence) -> Reasoned:
    """Answer all three questions."""
    objects, why_objects = _objects(evidence)
    stuff, why_stuff = _stuff(evidence)
    want, why_want = _want(evidence)
    because = {"objects": why_objects, "stuff": why_stuff, "want": why_want}
    return Reasoned(Answers(objects, stuff, want), because, tuple(_facts(evidence)))


def _objects(evidence: Evidence) -> tuple[Objects, str]:
    looked = evidence.outlines
    if evidence.panoptic:
        number = len(evidence.classes) - len(evidence.stuff)
        if number:
            return Objects.EACH, f"the panoptic labels mark {number} of {len(evidence.classes)} classes as things"
        return Objects.CLASS, "the panoptic labels mark no class as a thing"
    if looked is None:
        return Objects.EACH, "there are no objects to look at; this is what most people with such a file need"
    if evidence.single and looked.broken >= _BROKEN:
        return Objects.CLASS, (
            f"no image holds two objects of one class, and {_percent(looked.broken)} of the masks are in several "
            "pieces, as where the pixels of a class were cut out together"
        )
    if evidence.single:
        told = "yet no image holds two of one class, so that class masks would do as well"
        return Objects.EACH, f"objects are outlined; {told}"
    if looked.touching:
        return Objects.EACH, (
            f"{_percent(looked.touching)} of the objects touch or overlap another of their class: class masks would "
            "merge them"
        )
    return Objects.EACH, (
        "objects are outlined one by one; yet none touches another of its class, so class masks with a count of "
        "connected components would do as well"
    )


def _stuff(evidence: Evidence) -> tuple[Stuff, str]:
    covered = f"labels cover {_percent(evidence.covered)} of the median image"
    if evidence.stuff:
        how = "as marked by isthing" if evidence.panoptic else "by name"
        way_out = "" if evidence.panoptic else "; without it this is a task of objects alone (--stuff no)"
        return Stuff.YES, f"there is stuff {how} ({_listed(evidence.stuff)}), and {covered}{way_out}"
    if evidence.covered >= _COVERED:
        return Stuff.YES, f"{covered}: that leaves no background, so stuff is labelled too"
    return Stuff.NO, f"{covered}, and no class is stuff by its name"


def _want(evidence: Evidence) -> tuple[Want, str]:
    looked = evidence.outlines
    if looked is not None and looked.poor >= _POOR:
        return Want.BORDERS, f"{_grids(looked)}: thin or ragged outlines need finer masks"
    return Want.ACCURACY, "data cannot tell what matters to you; --want speed or --want borders says otherwise"


def _facts(evidence: Evidence) -> Iterator[str]:
    looked = evidence.outlines
    if looked is not None and looked.poor < _POOR:
        yield f"{_grids(looked)}: finer masks have little AP to win"
    if evidence.crowds:
        yield f"{evidence.crowds} crowd regions, whose objects are not told apart: ignored in training and scoring"


def _grids(looked: Outlines) -> str:
    usual, finer = (f"masks of {side}x{side} keep {looked.kept[side]:.3f}" for side in CELLS)
    poor = f"{_percent(looked.poor)} of the objects below {POOR}" if looked.poor else f"no object below {POOR}"
    return f"of the outlines, by estimate, {usual} as mean IoU ({poor}), {finer}"


def _percent(share: float) -> str:
    return "under 1 %" if 0 < share < 0.01 else f"{round(share * 100)} %"


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
