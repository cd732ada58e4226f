"""The space against the section whose parameters it names."""

import pytest

from rehead.training.plan import TrainPlan
from rehead.tuning.plan import Dimension
from rehead.tuning.space import axes_of, starting_point
from tests.tuning.toy import AXES, Section


def dimension(**values: object) -> Dimension:
    return Dimension.model_validate(values)


def test_whole_numbers_stay_whole() -> None:
    assert [axis.whole for axis in axes_of({"train.epochs": dimension(low=1, high=5)}, Section)] == [True]


def test_whole_ends_of_a_float_parameter_leave_it_a_float() -> None:
    assert [axis.whole for axis in axes_of({"train.weight_decay": dimension(low=0, high=1)}, Section)] == [False]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("train.learning", "did you mean"),
        ("train.epoch", "'train.epochs'"),
        ("lr", "'train.lr'"),
        ("model.lr", "'train.lr'"),
        ("train.inner", "only values of the train section"),
    ],
)
def test_a_name_that_is_no_parameter_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=nearest):
        axes_of({name: dimension(low=1, high=2)}, Section)


@pytest.mark.parametrize(
    ("name", "values", "complaint"),
    [
        ("train.lr", {"low": 0.1, "high": 3.0}, "less than or equal to 1"),
        ("train.freeze", {"choices": ["backbone", "trunk"]}, "got 'trunk'"),
        ("train.epochs", {"low": 1.5, "high": 4}, "whole numbers"),
    ],
)
def test_values_that_the_section_would_refuse_are_refused(name: str, values: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        axes_of({name: dimension(**values)}, Section)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"2 fault\(s\)"):
        axes_of({"train.x": dimension(low=1, high=2), "train.lr": dimension(low=1, high=2)}, Section)


def test_the_study_starts_from_the_untuned_values() -> None:
    assert starting_point(AXES, Section()) == {"train.lr": 0.001, "train.freeze": "backbone"}


def test_untuned_values_outside_the_space_are_no_start() -> None:
    assert starting_point(AXES, Section(lr=0.5)) is None


@pytest.mark.parametrize(("value", "held"), [(0.25, True), (0.3, False), (1.5, False), ("a", False)])
def test_an_axis_with_steps_holds_its_steps_alone(value: object, held: bool) -> None:
    [axis] = axes_of({"train.weight_decay": dimension(low=0, high=1, step=0.25)}, Section)
    assert axis.holds(value) is held


def test_an_epoch_that_may_be_none_is_a_whole_number() -> None:
    [axis] = axes_of({"train.thaw": dimension(low=2, high=4)}, TrainPlan)
    assert axis.whole


def test_a_value_is_judged_beside_the_section_as_it_stands() -> None:
    space = {"train.thaw": dimension(choices=[None, 12])}
    assert axes_of(space, TrainPlan, given=TrainPlan(epochs=20))
    with pytest.raises(ValueError, match=r"epoch 12 never comes.*got 12"):
        axes_of(space, TrainPlan, given=TrainPlan(epochs=5))


def test_a_value_that_contradicts_another_parameter_names_it() -> None:
    space = {"train.freeze": dimension(choices=["backbone", "stem"])}
    with pytest.raises(ValueError, match=r"train\.freeze: train\.thaw_to .* shallower than freeze: stem.*got 'stem'"):
        axes_of(space, TrainPlan, given=TrainPlan(thaw=3, thaw_to="stem"))


def test_values_of_inner_sections_can_be_tuned() -> None:
    plan = TrainPlan()
    (axis,) = axes_of({"train.loss_weights.mask": dimension(low=0.5, high=4.0, log=True)}, TrainPlan, given=plan)
    assert starting_point((axis,), plan) == {"train.loss_weights.mask": 1.0}


def test_values_that_an_inner_section_would_refuse_are_refused() -> None:
    with pytest.raises(ValueError, match=r"train\.loss_weights\.mask: .*greater than or equal to 0"):
        axes_of({"train.loss_weights.mask": dimension(low=-1, high=2)}, TrainPlan)


def test_a_misspelt_inner_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"did you mean 'train\.loss_weights\.mask'"):
        axes_of({"train.loss_weights.masks": dimension(low=1, high=2)}, TrainPlan)
