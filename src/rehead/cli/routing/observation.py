"""Reading a dataset for what it says about its task: counts of everything, and a look at some outlines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rehead.cli.reading import read_unseen
from rehead.cli.routing.evidence import Evidence
from rehead.cli.routing.look import look_at
from rehead.cli.routing.panoptic import panoptic_evidence, panoptic_file
from rehead.coco.faults import printable
from rehead.coco.measurements import measure
from rehead.coco.plan import DataPlan
from rehead.coco.records import Dataset

# fmt: off
_STUFF = {
    "background", "ceiling", "field", "floor", "grass", "ground", "lawn", "mud", "pavement", "river", "road", "sand",
    "sea", "sidewalk", "sky", "snow", "soil", "street", "terrain", "vegetation", "wall", "water",
}
# fmt: on


@dataclass(frozen=True)
class Observation:
    """What a dataset says; `splits` is empty where it has no masks that `rehead` reads."""

    evidence: Evidence
    splits: Mapping[str, Dataset]


def observe(path: Path) -> Observation:
    """Read a source by its annotations, image files only where sizes stand nowhere else; no test split is looked at.

    Raises ValueError (a SourceError among them) for what `rehead check` would reject.
    """
    labels = panoptic_file(path)
    if labels is not None:
        return Observation(panoptic_evidence(labels), {})
    splits = read_unseen(path, DataPlan()).splits
    return Observation(evidence_of([data for name, data in splits.items() if name != "test"]), splits)


def evidence_of(splits: Sequence[Dataset]) -> Evidence:
    """Count everything, and look at the outlines in some images."""
    measured = measure(splits)
    pairs = measured.image_m * max(1, len(measured.classes)) + measured.label_m
    classes = tuple(map(printable, measured.classes))
    outlines = look_at(splits)
    return Evidence(
        images=len(measured.file_names),
        objects=len(pairs),
        classes=classes,
        stuff=tuple(filter(is_stuff, classes)),
        crowds=int(measured.crowds_n.sum()),
        most=int(measured.objects_n.max(initial=0)),
        single=len(np.unique(pairs)) == len(pairs),
        covered=outlines.covered if outlines else 0.0,
        outlines=outlines,
    )


def is_stuff(name: str) -> bool:
    """Tell by a class's name whether it is stuff, as in `sky`, `Road` or `wall-brick`."""
    return name.casefold().replace("_", "-").partition("-")[0] in _STUFF
