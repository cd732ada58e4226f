"""Surveys of datasets that exist as numbers alone."""

import numpy as np

from rehead.cli.advice import Survey
from rehead.cli.memory import Memory
from rehead.coco.measurements import Measurements

GIB = 1 << 30


def measured(
    *,
    images: int = 10,
    size: tuple[int, int] = (800, 600),
    objects: int = 5,
    side: float = 50.0,
    sides: tuple[float, ...] | None = None,
    names: tuple[str, ...] | None = None,
) -> Measurements:
    """Images of one size, each with square objects of `side`, or in turn of `sides`, spread over it."""
    rng = np.random.default_rng(0)
    lengths = np.resize(np.array(sides or (side,)), images * objects)
    corners = rng.random((images * objects, 2)) * (np.array(size) - lengths[:, None])
    return Measurements(
        classes=("thing",),
        file_names=names or tuple(f"{chr(97 + n % 26)}.jpg" for n in range(images)),
        sizes_n2=np.tile(np.array(size, np.int64), (images, 1)),
        boxes_m4=np.column_stack([corners, lengths, lengths]),
        areas_m=lengths**2,
        image_m=np.repeat(np.arange(images), objects),
        label_m=np.zeros(images * objects, np.int64),
        crowds_n=np.zeros(images, np.int64),
    )


def survey(
    found: Measurements | None = None, *, given: dict[str, int] | None = None, gib: float = 16.0, gpu: bool = False
) -> Survey:
    """A survey of a dataset without splits unless `given` names them."""
    found = found or measured()
    names = {split: [f"{split}.jpg"] * number for split, number in (given or {}).items()}
    return Survey(
        measured=found,
        names={"train": found.file_names, **names},
        memory=Memory(int(gib * GIB), gpu=gpu),
    )
