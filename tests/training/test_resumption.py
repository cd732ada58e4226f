"""A training interrupted anywhere goes on with the same numbers."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rehead.dataset.split import Split
from rehead.detector.build import Detector, build_detector
from rehead.detector.plan import ModelPlan
from rehead.stage import Ending
from rehead.training.learner import Learner
from rehead.training.loop import Epoch
from rehead.training.plan import TrainPlan
from rehead.training.resumption import Resumable, resumable
from rehead.training.step import DivergedError, Step

PLAN = TrainPlan(epochs=2, batch_size=2, rois=8, anchors=16, proposals=32, ema=0.5)
MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
STEP = Step(1, 1, {"loss": 1.0}, 0.1, 2, seconds=1.0)
Callback = Callable[[], None]


def fresh_detector(split: Split) -> Detector:
    torch.manual_seed(0)
    return build_detector(MODEL, split.classes)


@contextmanager
def begun(split: Split, root: Path, *, detector: Detector | None = None) -> Iterator[Resumable]:
    learner = Learner(detector or fresh_detector(split), PLAN, images=len(split))
    ending = Ending()
    with ending.listening(), resumable(learner, root, inputs=[], ending=ending) as training:
        yield training


def go_on(
    training: Resumable, split: Split, *, at_step: Callable[[Step], None] = lambda step: None, at_image: Callback
) -> None:
    """Train and pretend to validate two images; the score of an epoch follows from its loss."""
    for epoch in training.epochs(split, on_step=at_step):
        for _ in range(2):
            at_image()
            training.heed()
        training.add(epoch, box_ap=None, mask_ap=1.0 / (1.0 + epoch.losses["loss"]))
        training.save()


def ended(training: Resumable) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in training.learner.model.state_dict().items()}


@pytest.fixture(scope="module")
def undisturbed(drawn: Split, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, torch.Tensor], list[object]]:
    """The weights and the rows of a training that nothing interrupts."""
    with begun(drawn, tmp_path_factory.mktemp("root")) as training:
        go_on(training, drawn, at_image=lambda: None)
        return ended(training), [row["loss"] for row in training.history.rows]


def tell_once(number: int) -> Callback:
    """Return what sends a signal to this process when it is called for the given time, counted from 1."""
    calls = 0

    def tell() -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            os.kill(os.getpid(), signal.SIGTERM)

    return tell


def test_a_training_told_to_end_again_and_again_goes_on_where_it_was(
    drawn: Split, tmp_path: Path, undisturbed: tuple[dict[str, torch.Tensor], list[object]]
) -> None:
    """After the first step, after the last one of an epoch, at the first image of a validation and at the last one."""
    steps: list[int] = []
    for what, number in (("step", 1), ("step", 2), ("image", 1), ("image", 4)):
        told = {"step": lambda: None, "image": lambda: None} | {what: tell_once(number)}

        def at_step(step: Step, tell: Callback = told["step"]) -> None:
            steps.append(step.number)
            tell()

        with pytest.raises(SystemExit, match="143"), begun(drawn, tmp_path) as training:
            go_on(training, drawn, at_step=at_step, at_image=told["image"])
    with begun(drawn, tmp_path) as training:
        go_on(training, drawn, at_step=lambda step: steps.append(step.number), at_image=lambda: None)
        weights, losses = ended(training), [row["loss"] for row in training.history.rows]
    assert steps == [1, 2, 3, 4, 5, 6]
    assert all(torch.equal(value, weights[name]) for name, value in undisturbed[0].items())
    assert losses == undisturbed[1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_save_after_a_validation_knows_the_time_that_it_took(
    drawn: Split, tmp_path: Path, *, interrupted: bool
) -> None:
    if interrupted:
        with pytest.raises(SystemExit, match="143"), begun(drawn, tmp_path) as training:
            go_on(training, drawn, at_image=tell_once(1))
    with begun(drawn, tmp_path) as training:
        epoch = next(training.epochs(drawn))
        before = training.learner.budget.state()["seconds"]
        time.sleep(0.1)
        training.add(epoch, box_ap=None, mask_ap=None)
        assert 0.1 <= training.learner.budget.state()["seconds"] - before < 10.0


def leave_an_epoch(drawn: Split, root: Path) -> Path:
    """Leave a checkpoint that says an epoch is done; returns its folder."""
    with pytest.raises(SystemExit), begun(drawn, root) as training:  # noqa: PT012
        training.learner.epochs_done = 1
        training.add(Epoch(1, (STEP,), STEP.losses, 1.0, 1.0), box_ap=0.5, mask_ap=0.5)
        training.save()
        sys.exit(143)
    [folder] = root.iterdir()
    return folder


def test_a_damaged_best_detector_is_told_of_and_never_the_result(
    drawn: Split, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = leave_an_epoch(drawn, tmp_path)
    (folder / "best-00001" / "weights.safetensors").write_bytes(b"")
    with begun(drawn, tmp_path) as training:
        assert training.learner.steps_done == 0
    assert "weights.safetensors is missing or damaged" in capsys.readouterr().err


def test_a_training_that_diverges_leaves_its_checkpoint_as_it_was(drawn: Split, tmp_path: Path) -> None:
    with pytest.raises(DivergedError), begun(drawn, tmp_path) as training:  # noqa: PT012
        learner = training.learner

        def poison(step: Step) -> None:
            training.save()
            learner.model.roi_heads.mask_predictor.mask_fcn_logits.bias.data.fill_(float("nan"))

        go_on(training, drawn, at_step=poison, at_image=lambda: None)
    with begun(drawn, tmp_path) as training:
        assert training.learner.steps_done == 1
        assert all(value.isfinite().all() for value in ended(training).values())


def test_a_checkpoint_of_other_classes_is_refused(drawn: Split, tmp_path: Path) -> None:
    leave_an_epoch(drawn, tmp_path)
    others = replace(fresh_detector(drawn), classes=tuple(reversed(drawn.classes)))
    refusal = pytest.raises(ValueError, match=r"is of a detector for .* this one is for .* delete it")
    with refusal, begun(drawn, tmp_path, detector=others):
        pass


def test_two_trainings_by_one_checkpoint_are_refused(drawn: Split, tmp_path: Path) -> None:
    refusal = pytest.raises(RuntimeError, match=f"is running already .process {os.getpid()},")
    with begun(drawn, tmp_path), refusal, begun(drawn, tmp_path):
        pass
