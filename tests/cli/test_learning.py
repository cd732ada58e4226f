"""How to train follows from the number of images, the weights and the memory."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from rehead.cli.learning import (
    advise_batch_size,
    advise_epochs,
    advise_freeze,
    advise_lr,
    advise_rois,
    estimate_bytes,
)
from rehead.cli.plans import Plans
from rehead.coco.measurements import Measurements
from rehead.detector.plan import ArchName
from rehead.params import read_params
from rehead.training.plan import TrainPlan
from tests.cli.surveys import measured, survey

ROOT = Path(__file__).parents[2]
GIVEN = {"val": 1, "test": 1}


@pytest.mark.parametrize(("images", "depth"), [(14, "backbone"), (5000, "none")])
def test_few_images_keep_a_trunk_of_photographs_frozen(images: int, depth: str) -> None:
    plans = Plans().with_value("model", "weights", "IMAGENET1K_V1")
    assert advise_freeze(survey(given={"train": images}), plans).value == depth


@pytest.mark.parametrize("weights", ["none", "rehead_shapes"])
def test_a_trunk_that_has_seen_nothing_like_it_has_to_learn(weights: str) -> None:
    assert advise_freeze(survey(), Plans().with_value("model", "weights", weights)).value == "none"


def test_what_suits_the_drawn_shapes_of_the_demo_is_not_kept_for_photographs() -> None:
    demo = replace(Plans(), train=read_params("train", TrainPlan, path=ROOT / "params.yaml"))
    advised = advise_rois(survey(), demo), advise_lr(survey(), demo)
    assert [(advice.value, "photographs" in advice.because) for advice in advised] == [(64, True), (0.001, True)]


@pytest.mark.parametrize(("freeze", "told"), [("none", True), ("stage2", True), ("backbone", False)])
def test_the_reason_for_a_rate_names_a_trunk_that_learns(freeze: str, told: bool) -> None:
    plans = Plans().with_value("train", "lr", 0.002).with_value("train", "freeze", freeze)
    assert ("a trunk that learns" in advise_lr(survey(), plans).because) is told


@pytest.mark.parametrize("train", [{"lr": 0.0007, "rois": 128}, {"lr": 0.002, "optimizer": "sgd"}])
def test_a_rate_and_rois_of_the_users_own_stay(train: dict[str, object]) -> None:
    plans = replace(Plans(), train=TrainPlan.model_validate(train))
    found = advise_rois(survey(), plans).value, advise_lr(survey(), plans).value
    assert found == (plans.train.rois, plans.train.lr)


@pytest.mark.parametrize(("gib", "size"), [(100.0, 8), (4.5, 4), (1.0, 1)])
def test_a_batch_fits_into_memory(gib: float, size: int) -> None:
    plans = Plans().with_value("model", "input_size", 480)
    found = survey(measured(images=1), given={"train": 1000, **GIVEN}, gib=gib)
    assert advise_batch_size(found, plans).value == size


def test_the_reason_for_a_batch_says_the_estimate() -> None:
    assert "estimated 1.5 GiB of 16.0 GiB of memory" in advise_batch_size(survey(), Plans()).because


def test_an_image_that_does_not_fit_is_told() -> None:
    assert "lower model.input_size" in advise_batch_size(survey(gib=1.0), Plans()).because


def test_a_gpu_takes_larger_batches() -> None:
    found = survey(given={"train": 1000, **GIVEN}, gib=80, gpu=True)
    assert advise_batch_size(found, Plans()).value == 16


def test_a_small_set_takes_small_batches_so_that_an_epoch_has_steps() -> None:
    assert advise_batch_size(survey(given={"train": 14, **GIVEN}), Plans()).value == 2


def bytes_of(found: Measurements, plans: Plans | None = None, *, batch_size: int = 4) -> float:
    return estimate_bytes(survey(found), plans or Plans(), batch_size=batch_size)


def test_larger_inputs_take_more_memory() -> None:
    plans = Plans().with_value("model", "input_size", 800)
    assert bytes_of(measured(), plans) > bytes_of(measured())


def test_a_trunk_that_learns_takes_more_memory() -> None:
    plans = Plans().with_value("train", "freeze", "none")
    assert bytes_of(measured(), plans) > bytes_of(measured(), plans.with_value("train", "freeze", "backbone"))


@pytest.mark.parametrize("change", [{"freeze": "stage3"}, {"thaw": 3}])
def test_a_trunk_that_learns_in_part_or_later_takes_the_memory_of_one_that_learns(change: dict[str, object]) -> None:
    train = TrainPlan.model_validate({"freeze": "backbone", **change})
    learning = Plans().with_value("train", "freeze", "none")
    assert bytes_of(measured(), replace(Plans(), train=train)) == bytes_of(measured(), learning)


def test_finer_masks_take_more_memory() -> None:
    heads = ("fcn_28", "pointrend_112", "fcn_56", "fcn_112")
    estimates = [bytes_of(measured(), Plans().with_value("model", "mask_head", head)) for head in heads]
    assert estimates == sorted(set(estimates))


def test_a_budget_of_mask_rois_bounds_what_a_mask_head_takes() -> None:
    plans = Plans().with_value("model", "mask_head", "fcn_112")
    estimates = [bytes_of(measured(), plans.with_value("train", "mask_rois", most)) for most in (4, 16, None)]
    assert estimates[0] < estimates[1] == estimates[2]


@pytest.mark.parametrize("arch", get_args(ArchName))
def test_each_architecture_has_an_estimate(arch: str) -> None:
    assert bytes_of(measured(), Plans().with_value("model", "arch", arch)) > 0


@pytest.mark.parametrize(
    ("images", "batch_size", "epochs"), [(14, 4, 100), (240, 4, 10), (240, 8, 20), (100_000, 4, 5)]
)
def test_epochs_aim_at_a_number_of_steps(images: int, batch_size: int, epochs: int) -> None:
    plans = Plans().with_value("train", "batch_size", batch_size)
    assert advise_epochs(survey(given={"train": images, **GIVEN}), plans).value == epochs


def test_tiles_count_as_images_of_an_epoch() -> None:
    plans = Plans().with_value("data", "tile", {"size": 1024, "overlap": 0.25})
    found = survey(measured(images=10, size=(4000, 3000), objects=100), given={"train": 10, **GIVEN})
    assert "200 an epoch" in advise_epochs(found, plans).because
