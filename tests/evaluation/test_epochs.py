"""How far a training is, validation counted, as its bar tells it."""

import io
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from rich.console import Console

from rehead.dataset.split import Split, load_split
from rehead.detector.build import build_detector
from rehead.detector.plan import ModelPlan
from rehead.evaluation.epochs import images_an_epoch, images_done, scored_epochs
from rehead.progress import Bar
from rehead.stage import Ending
from rehead.training.learner import Learner
from rehead.training.plan import TrainPlan
from rehead.training.resumption import Resumable, resumable

PLAN = TrainPlan(epochs=2, batch_size=2, rois=8, anchors=16, proposals=32)
MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))


@pytest.fixture
def splits(dataset: Path) -> tuple[Split, Split]:
    """Five images to learn from, two to validate on."""
    return load_split(dataset, "train"), load_split(dataset, "val")


@contextmanager
def begun(splits: tuple[Split, Split], root: Path) -> Iterator[Resumable]:
    torch.manual_seed(0)
    learner = Learner(build_detector(MODEL, splits[0].classes), PLAN, images=len(splits[0]))
    ending = Ending()
    with ending.listening(), resumable(learner, root, inputs=[], ending=ending) as training:
        yield training


class _Bar(Bar):
    """A bar that keeps where it was, and ends its process when a note comes the first time."""

    def __init__(self, training: Resumable, splits: tuple[Split, Split], *, end_at: str = "nothing") -> None:
        total, done = PLAN.epochs * images_an_epoch(*splits), images_done(training, *splits)
        super().__init__("train", total, Console(file=io.StringIO()), done=done)
        self.places, self._end_at = [done], end_at

    def advance(self, note: str = "", *, units: int = 1) -> None:
        super().advance(note, units=units)
        self.places.append(self.done)
        if note == self._end_at:
            signal.raise_signal(signal.SIGTERM)


def test_a_bar_counts_images_of_training_and_of_validation_and_is_full_at_the_end(
    splits: tuple[Split, Split], tmp_path: Path
) -> None:
    with begun(splits, tmp_path) as training:
        bar = _Bar(training, splits)
        ends = [bar.done for _ in scored_epochs(training, *splits, bar=bar)]
    assert bar.places == [0, 2, 4, 5, 7, 8, 9, 11, 13, 14, 16, 17, 18]
    assert ends == [9, 18]


def test_after_an_interrupted_validation_the_bar_starts_where_that_begins_anew(
    splits: tuple[Split, Split], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match="143"), begun(splits, tmp_path) as training:
        list(scored_epochs(training, *splits, bar=_Bar(training, splits, end_at="validating")))
    with begun(splits, tmp_path) as training:
        bar = _Bar(training, splits)
        list(scored_epochs(training, *splits, bar=bar))
    assert bar.places == [5, 7, 8, 9, 11, 13, 14, 16, 17, 18]
