from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from rehead.detector.plan import ModelPlan
from rehead.evaluation.advice import Advice, advise
from rehead.evaluation.evidence import ClassFacts, Evidence, Recipe
from rehead.params import Section, with_values
from rehead.training.plan import TrainPlan

SECTIONS: Mapping[str, type[Section]] = {"model": ModelPlan, "train": TrainPlan}
RECIPE = Recipe(ModelPlan(input_size=160, max_detections=100), TrainPlan(epochs=6, freeze="backbone+fpn"))
SOUND = Evidence(recipe=RECIPE, ap=0.6, ap50=0.8, true_boxes=0.605, ceiling=0.61, finer=0.61, objects=400, fullest=90)
"""Nothing stands out."""


def recipe(section: str, **values: Any) -> Recipe:
    plan = getattr(RECIPE, section).model_copy(update=values)
    return replace(RECIPE, **{section: plan})


def only(evidence: Evidence) -> Advice:
    (advice,) = advise(evidence)
    return advice


def test_where_nothing_stands_out_nothing_is_advised() -> None:
    assert advise(SOUND) == []


CASES: Mapping[str, tuple[Evidence, str, str | None, float]] = {
    "limit": (replace(SOUND, beyond_limit=40, fullest=140), "limit", "model.max_detections: 200", 0.06),
    "labels": (replace(SOUND, suspects=40), "40 likely label errors", None, 0.02),
    "input": (
        replace(SOUND, small_ap=0.3, larger_ap=0.7, small_share=0.5, tenth_px=8.0, image_px=500),
        "larger images",
        "model.input_size: 320",
        0.2,
    ),
    "finer": (
        replace(SOUND, ap=0.63, true_boxes=0.63, ceiling=0.63, finer=0.73),
        "finer",
        "model.mask_head: fcn_56",
        0.1,
    ),
    "masks": (replace(SOUND, ap=0.6, true_boxes=0.6, ceiling=0.9), "mask head longer", "train.epochs: 12", 0.3),
    "boxes": (
        replace(SOUND, true_boxes=0.8, ceiling=0.8),
        "place of a box",
        "train.loss_weights.box_reg: 2",
        0.2,
    ),
    "missed": (
        replace(SOUND, true_boxes=None, costs={"missed": 0.08}),
        "what an object is",
        "train.freeze: backbone",
        0.06,
    ),
    "duplicates": (
        replace(SOUND, true_boxes=None, costs={"duplicate": 0.04}),
        "boxes of an object agree",
        "train.epochs: 12",
        0.03,
    ),
    "background": (replace(SOUND, true_boxes=None, costs={"background": 0.04}), "taken for objects", None, 0.03),
    "classes": (
        replace(SOUND, true_boxes=None, costs={"class": 0.16}, confused=("fig", "date", 9)),
        "Tell fig from date",
        "train.loss_weights.classifier: 2",
        0.12,
    ),
    "beside": (
        replace(SOUND, true_boxes=None, costs={"localisation": 0.08}),
        "place of a box",
        "train.loss_weights.box_reg: 2",
        0.06,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_fault_brings_its_own_advice_with_what_it_can_win(case: str) -> None:
    evidence, words, setting, gain = CASES[case]
    told = only(evidence)
    assert words in told.action
    assert told.setting == setting
    assert told.gain == pytest.approx(gain)


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][2]])
def test_each_setting_is_one_that_params_yaml_takes(case: str) -> None:
    name, _, value = str(CASES[case][2]).partition(": ")
    section, _, key = name.partition(".")
    plan = getattr(RECIPE, section)
    SECTIONS[section].model_validate(with_values(plan.model_dump(), {key: YAML(typ="safe", pure=True).load(value)}))


def test_the_largest_gain_comes_first() -> None:
    told = advise(replace(SOUND, true_boxes=0.9, ceiling=0.9, beyond_limit=40, fullest=140))
    assert [one.gain for one in told] == pytest.approx([0.3, 0.06])


def test_a_weak_class_with_few_objects_is_named_with_both_numbers() -> None:
    classes = (ClassFacts("fig", 0.2, 30), ClassFacts("date", 0.7, 500), ClassFacts("hazelnut", 0.8, 500))
    told = only(replace(SOUND, classes=classes))
    assert told.action == "Add training images that show fig"
    assert told.because == "fig has 30 objects and mask AP 0.200; the others reach 0.750"
    assert told.gain == pytest.approx(0.55 / 3)


def test_of_many_weak_classes_the_weakest_are_named() -> None:
    weak = [ClassFacts(f"c{place}", 0.1 + place / 100, 20) for place in range(6)]
    told = only(replace(SOUND, classes=(*weak, ClassFacts("rich", 0.8, 900))))
    assert told.action == "Add training images that show c0; c1; c2 and others"
    assert "and 3 more" in told.because


@pytest.mark.parametrize(("ap", "objects"), [(0.2, 500), (0.7, 20), (0.2, None)])
def test_a_class_with_enough_objects_or_score_needs_no_data(ap: float, objects: int | None) -> None:
    classes = (ClassFacts("fig", ap, objects), ClassFacts("date", 0.75, 500), ClassFacts("hazelnut", 0.75, 500))
    assert advise(replace(SOUND, classes=classes)) == []


@pytest.mark.parametrize(
    "change",
    [{"tenth_px": 20.0}, {"image_px": 170}, {"small_ap": 0.65}, {"small_ap": None}],
    ids=["seen well", "no more pixels in the files", "small ones score as well", "no small ones"],
)
def test_a_larger_input_is_not_advised_where_it_would_not_help(change: dict[str, Any]) -> None:
    sees_little = CASES["input"][0]
    assert advise(replace(sees_little, **change)) == []


def test_a_larger_input_goes_no_further_than_the_files() -> None:
    told = only(replace(CASES["input"][0], image_px=250))
    assert told.setting == "model.input_size: 224"


def test_finer_masks_wait_until_the_head_fills_its_grid() -> None:
    settings = [one.setting for one in advise(replace(SOUND, ceiling=0.8, finer=0.95))]
    assert settings == ["train.epochs: 12"]


@pytest.mark.parametrize("head", ["fcn_112", "pointrend_112"])
def test_no_finer_masks_are_advised_than_there_are(head: str) -> None:
    finest = replace(CASES["finer"][0], recipe=recipe("model", mask_head=head))
    assert advise(finest) == []


def test_a_network_that_is_free_already_is_trained_longer_to_find_objects() -> None:
    free = replace(CASES["missed"][0], recipe=recipe("train", freeze="none"))
    assert only(free).setting == "train.epochs: 12"


def test_what_errors_explain_is_not_blamed_on_the_boxes_again() -> None:
    told = advise(replace(SOUND, true_boxes=0.8, ceiling=0.8, costs={"missed": 0.16}))
    assert {one.action: one.gain for one in told} == pytest.approx(
        {"Let more of the network learn what an object is": 0.12, "Let the place of a box count more in training": 0.08}
    )


def test_no_error_costs_more_than_true_boxes_would_win() -> None:
    told = only(replace(SOUND, true_boxes=0.65, ceiling=0.65, costs={"missed": 0.4}))
    assert told.gain == pytest.approx(0.05)
