"""The three questions that decide between instance, semantic and panoptic segmentation, and their answers."""

from dataclasses import dataclass
from enum import StrEnum


class Objects(StrEnum):
    """What is needed of objects: each by itself, or the class of each pixel."""

    EACH = "each"
    CLASS = "class"


class Stuff(StrEnum):
    """Whether what has no number is labelled too: sky, road, wall."""

    YES = "yes"
    NO = "no"


class Want(StrEnum):
    """What matters most."""

    SPEED = "speed"
    ACCURACY = "accuracy"
    BORDERS = "borders"


@dataclass(frozen=True)
class Answers:
    """One answer to each question; the defaults are what most people with a COCO file mean."""

    objects: Objects = Objects.EACH
    stuff: Stuff = Stuff.NO
    want: Want = Want.ACCURACY


QUESTIONS: dict[str, str] = {
    "objects": "Do you need each object by itself (to count, measure or follow it), or only the class of each pixel?",
    "stuff": "Must stuff without number, such as sky and road, be labelled as well?",
    "want": "What matters most?",
}
"""Field of Answers to the question as it is asked."""
