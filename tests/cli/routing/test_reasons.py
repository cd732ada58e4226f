"""Evidence is turned into answers, each with the fact behind it."""

from dataclasses import replace

import pytest

from rehead.cli.routing.answers import Answers, Objects, Stuff, Want
from rehead.cli.routing.evidence import Evidence, Outlines
from rehead.cli.routing.reasons import answer_from

OUTLINES = Outlines(images=10, objects=50, touching=0.3, broken=0.02, covered=0.2, kept={28: 0.98, 56: 0.99}, poor=0.01)
CARS = Evidence(
    images=10,
    objects=50,
    classes=("car",),
    stuff=(),
    crowds=0,
    most=9,
    single=False,
    covered=0.2,
    outlines=OUTLINES,
)


def test_objects_that_touch_are_needed_one_by_one() -> None:
    found = answer_from(CARS)
    assert found.answers == Answers(Objects.EACH, Stuff.NO, Want.ACCURACY)
    assert found.because["objects"].startswith("30 % of the objects touch")


def test_a_class_cut_out_together_asks_for_the_class_of_pixels() -> None:
    found = answer_from(replace(CARS, single=True, outlines=replace(OUTLINES, broken=0.6)))
    assert (found.answers.objects, "60 % of the masks" in found.because["objects"]) == (Objects.CLASS, True)


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (replace(CARS, single=True), "no image holds two of one class"),
        (replace(CARS, outlines=replace(OUTLINES, touching=0.0)), "connected components would do as well"),
    ],
)
def test_where_class_masks_would_do_as_well_it_is_said(evidence: Evidence, said: str) -> None:
    found = answer_from(evidence)
    assert (found.answers.objects, said in found.because["objects"]) == (Objects.EACH, True)


@pytest.mark.parametrize(("covered", "stuff"), [(0.94, Stuff.NO), (0.96, Stuff.YES)])
def test_labels_without_a_background_include_stuff(covered: float, stuff: Stuff) -> None:
    assert answer_from(replace(CARS, covered=covered)).answers.stuff == stuff


def test_stuff_by_name_is_named_and_so_is_the_way_without_it() -> None:
    found = answer_from(replace(CARS, classes=("car", "sky"), stuff=("sky",)))
    assert (found.answers.stuff, "(sky)" in found.because["stuff"], "--stuff no" in found.because["stuff"]) == (
        Stuff.YES,
        True,
        True,
    )


def test_outlines_that_the_usual_grid_loses_ask_for_sharp_borders() -> None:
    found = answer_from(replace(CARS, outlines=replace(OUTLINES, poor=0.5, kept={28: 0.8, 56: 0.95})))
    assert (found.answers.want, "masks of 28x28 keep 0.800" in found.because["want"]) == (Want.BORDERS, True)


def test_what_finer_masks_could_win_is_told_also_where_it_decides_nothing() -> None:
    assert any("finer masks have little AP to win" in fact for fact in answer_from(CARS).facts)


def test_crowd_regions_are_told_only_where_there_are_any() -> None:
    told = ["crowd regions" in " ".join(answer_from(replace(CARS, crowds=number)).facts) for number in (0, 3)]
    assert told == [False, True]


@pytest.mark.parametrize(("stuff", "objects"), [(("sky",), Objects.EACH), (("sky", "car"), Objects.CLASS)])
def test_panoptic_labels_say_themselves_what_they_are_for(stuff: tuple[str, ...], objects: Objects) -> None:
    evidence = replace(CARS, classes=("sky", "car"), stuff=stuff, panoptic=True, outlines=None)
    assert answer_from(evidence).answers == Answers(objects, Stuff.YES, Want.ACCURACY)
