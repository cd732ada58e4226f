"""What the train section takes, and what it refuses with which words."""

from pathlib import Path

import pytest

from rehead.params import ParamsError, read_params
from rehead.training.loss_weights import LossWeights
from rehead.training.plan import TrainPlan

ALL_ZERO = "{classifier: 0, box_reg: 0, mask: 0, objectness: 0, rpn_box_reg: 0}"


def read(tmp_path: Path, weights: str) -> TrainPlan:
    (tmp_path / "params.yaml").write_text(f"train: {{loss_weights: {weights}}}\n")
    return read_params("train", TrainPlan, path=tmp_path / "params.yaml")


def test_a_weight_is_asked_for_by_the_models_name_of_the_loss(tmp_path: Path) -> None:
    weights = read(tmp_path, "{mask: 2.5}").loss_weights
    assert (weights.of("loss_mask"), weights.of("loss_rpn_box_reg")) == (2.5, 1.0)


@pytest.mark.parametrize(
    ("weights", "fault"),
    [
        ("{masks: 2}", r"train\.loss_weights\.masks: no such parameter; did you mean 'mask'"),
        ("{dice: 2}", "known: classifier, box_reg, mask, objectness, rpn_box_reg"),
        ("{mask: -1}", r"train\.loss_weights\.mask: .*greater than or equal to 0"),
        ("{mask: 1e9}", "less than or equal to 1000"),
        (ALL_ZERO, "nothing would be learned"),
    ],
)
def test_a_weight_that_makes_no_sense_is_refused(tmp_path: Path, weights: str, fault: str) -> None:
    with pytest.raises(ParamsError, match=fault):
        read(tmp_path, weights)


def test_a_tuned_weight_leaves_the_others_as_they_are() -> None:
    plan = TrainPlan(loss_weights=LossWeights(objectness=3.0), lr=0.5)
    tuned = plan.tuned({"train.loss_weights.mask": 2.0, "train.lr": 0.1})
    assert tuned == TrainPlan(loss_weights=LossWeights(objectness=3.0, mask=2.0), lr=0.1)


@pytest.mark.parametrize("name", ["train.loss_weights.dice", "train.loss_weights", "loss_weights.mask"])
def test_a_tuned_name_that_the_section_lacks_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="does not have"):
        TrainPlan().tuned({name: 1.0})
