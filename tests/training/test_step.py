"""One step: its parts, its memory, what it tells."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from rehead.dataset.split import Split
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.loss_weights import LossWeights
from rehead.training.plan import TrainPlan
from rehead.training.step import DivergedError, take_step
from tests.training.test_loop import PLAN, learner_of, weights_of

EVERY_ANCHOR = PLAN.model_copy(
    update={"anchors": 2048, "loss_weights": LossWeights(classifier=0, box_reg=0, mask=0), "clip": 1e6}
)


def begun(split: Split, plan: TrainPlan = PLAN, *, at_once: int = 2) -> Learner:
    learner = learner_of(split, plan)
    learner.begin(1)
    learner.at_once = at_once
    return learner


def with_room_for(images: int, learner: Learner) -> Learner:
    """Let more images at once ask for more memory than any machine has."""

    def ask(module: torch.nn.Module, inputs: Any) -> None:
        if len(inputs[0]["0"]) > images:
            torch.empty(1 << 50, dtype=torch.uint8)

    learner.model.backbone.fpn.register_forward_pre_hook(ask)
    return learner


def test_gradients_of_parts_add_up_to_those_of_the_whole(drawn: Split) -> None:
    whole, parts = begun(drawn, EVERY_ANCHOR), begun(drawn, EVERY_ANCHOR, at_once=1)
    samples = [drawn[0], drawn[0]]  # each loss is a mean over anchors, of which one image then has as many as the other
    together, apart = take_step(whole, samples), take_step(parts, samples)
    assert apart.losses["loss"] == pytest.approx(together.losses["loss"], rel=1e-5)
    for one, other in zip(whole.model.rpn.parameters(), parts.model.rpn.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-6)


def test_batches_that_accumulate_make_one_step(drawn: Split) -> None:
    learner = learner_of(drawn, PLAN.model_copy(update={"epochs": 1, "accumulate": 2}))
    [epoch] = train(learner, drawn)
    assert [step.images for step in epoch.steps] == [4, 1]
    assert learner.at_once == 2


def test_after_a_want_of_memory_fewer_images_go_together_and_the_step_is_theirs(drawn: Split) -> None:
    plan = PLAN.model_copy(update={"freeze": "none"})  # so that batch norm counts, in the step that failed as well
    short, small = with_room_for(1, begun(drawn, plan)), begun(drawn, plan, at_once=1)
    samples = [drawn[0], drawn[1]]
    step = take_step(short, samples)
    take_step(small, samples)
    assert "2 images at once: from here on 1" in step.note
    assert step.images == 2
    assert all(torch.equal(value, weights_of(small)[name]) for name, value in weights_of(short).items())
    assert take_step(short, samples).note == ""


def test_after_an_interruption_it_is_still_fewer(drawn: Split) -> None:
    short = with_room_for(1, begun(drawn))
    take_step(short, [drawn[0], drawn[1]])
    other = learner_of(drawn)
    other.restore(short.state())
    assert other.at_once == 1


@pytest.mark.slow
def test_a_process_whose_memory_ends_goes_on_with_fewer_images(dataset: Path) -> None:
    command = [sys.executable, "-m", "tests.training.bounded_steps", str(dataset)]
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    at_once, *notes = told.stdout.splitlines()
    assert 1 <= int(at_once) < 6
    assert "6 images at once" in notes[0]


def test_one_image_that_is_too_much_is_named_with_what_helps(drawn: Split) -> None:
    with pytest.raises(
        RuntimeError, match=r"out of memory with one image .*the largest train_0+0\.png \(64 x 64\).*input_size"
    ):
        take_step(with_room_for(0, begun(drawn)), [drawn[0]])


def test_a_pixel_that_is_not_a_number_ends_the_training_with_the_image_named(drawn: Split) -> None:
    learner, sample = begun(drawn), drawn[0]
    sample.image_chw[0, 0, 0] = float("nan")
    before = [value.clone() for value in learner.model.parameters()]
    with pytest.raises(DivergedError, match=sample.record.file_name):
        take_step(learner, [sample])
    assert all(torch.equal(*pair) for pair in zip(before, learner.model.parameters(), strict=True))


def test_another_error_is_not_taken_for_a_want_of_memory(drawn: Split) -> None:
    learner = begun(drawn)
    learner.model.roi_heads.box_head.fc6 = torch.nn.Linear(3, 8)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        take_step(learner, [drawn[0], drawn[1]])
    assert learner.at_once == 2


def test_the_norm_of_the_gradient_is_told_as_it_was_before_it_was_clipped(drawn: Split) -> None:
    step = take_step(begun(drawn, PLAN.model_copy(update={"clip": 1e-3})), [drawn[0]])
    assert step.gradient_norm > 1e-2
