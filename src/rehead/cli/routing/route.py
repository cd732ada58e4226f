"""From three answers to the kind of segmentation and the model to start with: the one rule, without any data."""

from dataclasses import dataclass

from rehead.cli.routing.answers import Answers, Objects, Stuff, Want
from rehead.cli.routing.starts import STARTS, Start, Task


@dataclass(frozen=True)
class Route:
    """Where to go: the task, the model to start with, why, what rehead does of it, the commands that come next.

    `PATH` in a command stands for the dataset.
    """

    task: Task
    start: Start
    why: tuple[str, ...]
    covers: str
    next: tuple[str, ...]


_COVERS: dict[Task, str] = {
    "instance": "all of it: reading and splitting the data, training, box and mask mAP, registry, serving, retraining",
    "semantic": (
        "not the training, and no mIoU. It reads, checks and repairs labels that outline objects, from which class "
        "masks are painted; and a detector of each object gives class masks too"
    ),
    "panoptic": (
        "the things alone: instance masks of what can be counted, box and mask mAP. Not stuff, not the one map without "
        "overlaps, not PQ"
    ),
}
_GUIDE = "rehead guide instance-vs-semantic"
_NEXT: dict[Task, tuple[str, ...]] = {
    "instance": (
        "rehead check PATH",
        "rehead init PATH",
        "# then replace these lines of params.yaml by those above",
        "rehead doctor PATH",
        "dvc repro",
    ),
    "semantic": (_GUIDE,),
    "panoptic": ("rehead route PATH --stuff no  # the things alone", _GUIDE),
}
_CEILING = "rehead ceiling PATH"


def route(answers: Answers) -> Route:
    """Choose; total over all answers, and the same for the same answers."""
    task, reason = _task(answers)
    start = STARTS[task, answers.want]
    sharp = task == "instance" and answers.want == Want.BORDERS
    following = (_CEILING, *_NEXT[task]) if sharp else _NEXT[task]
    return Route(task, start, (reason, start.why), _COVERS[task], following)


def _task(answers: Answers) -> tuple[Task, str]:
    if answers.objects == Objects.CLASS:
        if answers.stuff == Stuff.YES:
            return "semantic", "only the class of each pixel is needed; stuff is a class like any other, for new heads"
        return "semantic", "only the class of each pixel is needed: one map of classes, the rest is background"
    if answers.stuff == Stuff.YES:
        return "panoptic", "each object is needed by itself and stuff too: one map in which every pixel has its segment"
    return "instance", "each object is needed by itself, and nothing but objects: each gets a mask, a box and a score"
