"""What tiles see of one object becomes one detection; what they see of two stays two."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehead.coco.plan import TilePlan
from rehead.coco.rle import encode
from rehead.evaluation.coco_map import coco_map
from rehead.evaluation.detections import Detections, coco_results
from rehead.evaluation.overlaps import View
from rehead.evaluation.seams import join_views
from tests.evaluation.scenes import Thing, disc, drawn_scene, rectangle, truth_of, views_of

SHAPE = (100, 220)
PLAN = TilePlan(size=100, overlap=0.4)
"""Three tiles beside one another, from columns 0, 60 and 120."""


def join(things: Sequence[Thing], plan: TilePlan = PLAN) -> Detections:
    height, width = things[0].mask_hw.shape
    return join_views(views_of(things, plan), height=height, width=width, limit=1000)


def as_seen(things: Sequence[Thing]) -> list[tuple[int, str]]:
    return sorted((thing.label, encode(thing.mask_hw)["counts"]) for thing in things)


def as_joined(found: Detections) -> list[tuple[int, str]]:
    return sorted((int(label), mask["counts"]) for label, mask in zip(found.labels_n, found.masks, strict=True))


scenes = st.tuples(st.integers(0, 99999), st.integers(20, 260), st.integers(20, 260))
plans = st.builds(TilePlan, size=st.integers(64, 120), overlap=st.floats(0.05, 0.5))


@pytest.mark.parametrize("covering", [False, True], ids=["apart", "covering"])
@settings(max_examples=25)
@given(scenes, plans)
def test_what_tiles_show_comes_back_pixel_for_pixel(
    covering: bool, scene: tuple[int, int, int], plan: TilePlan
) -> None:
    things = drawn_scene(np.random.default_rng(scene[0]), scene[1:], covering=covering)
    if things:
        assert as_joined(join(things, plan)) == as_seen(things)


@settings(max_examples=15)
@given(scenes, plans)
def test_truth_by_tiles_scores_one_for_boxes_and_masks(scene: tuple[int, int, int], plan: TilePlan) -> None:
    things = drawn_scene(np.random.default_rng(scene[0]), scene[1:], covering=False)
    if things:
        scores = coco_map(truth_of(things), coco_results(join(things, plan), image_id=1))
        assert [scores.box["AP"], scores.mask["AP"]] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    "masks",
    [
        [rectangle(SHAPE, 5, 20, 215, 70)],
        [rectangle(SHAPE, 5, 5, 215, 95), disc(SHAPE, 110, 50, 30)],
        [disc(SHAPE, 110, 50, 45), disc(SHAPE, 110, 50, 30), disc(SHAPE, 110, 50, 4)],
        [rectangle(SHAPE, 40, 10, 80, 40), rectangle(SHAPE, 80, 10, 120, 40), rectangle(SHAPE, 40, 40, 120, 60)],
        [rectangle(SHAPE, 60, 10, 100, 40), rectangle(SHAPE, 100, 50, 120, 90), rectangle(SHAPE, 20, 50, 60, 90)],
        [rectangle(SHAPE, 0, 0, 220, 2), rectangle(SHAPE, 59, 10, 61, 12)],
    ],
    ids=["larger than a tile", "on a larger one", "nested", "touching", "ending on seams", "thin"],
)
def test_objects_of_one_class_stay_what_they_are(masks: list[np.ndarray]) -> None:
    things = [Thing(mask) for mask in masks]
    assert as_joined(join(things)) == as_seen(things)


@pytest.mark.parametrize(
    ("left", "right", "scores", "expected"),
    [
        (70, 90, (0.3, 0.9), 0.6),
        (70, 110, (0.3, 0.9), 0.9),
        (20, 140, (0.3, 0.9), (80 * 0.3 + 80 * 0.9) / 160),
    ],
    ids=["whole in both", "cut in one", "cut in both"],
)
def test_the_score_is_the_mean_of_those_that_see_the_object_whole(
    left: int, right: int, scores: tuple[float, float], expected: float
) -> None:
    mask = rectangle(SHAPE, left, 20, right, 60)
    views = [views_of([Thing(mask, score=score)], PLAN)[tile] for tile, score in enumerate(scores)]
    found = join_views(views, height=SHAPE[0], width=SHAPE[1], limit=100)
    assert found.scores_n.tolist() == [pytest.approx(expected)]


def _left_and_middle(left: Thing, middle: Thing) -> Detections:
    """Join what the first tile sees of one mask with what the second sees of another."""
    views = [views_of([left], PLAN)[0], views_of([middle], PLAN)[1]]
    return join_views(views, height=SHAPE[0], width=SHAPE[1], limit=100)


@pytest.mark.parametrize(("surer", "right"), [("left", 80), ("middle", 90)])
def test_of_two_masks_that_differ_a_little_the_surer_one_wins(surer: str, right: int) -> None:
    scores = {"left": 0.5, "middle": 0.5, surer: 0.8}
    left, middle = rectangle(SHAPE, 65, 20, 80, 40), rectangle(SHAPE, 65, 20, 90, 40)
    found = _left_and_middle(Thing(left, score=scores["left"]), Thing(middle, score=scores["middle"]))
    assert as_joined(found) == as_seen([Thing(rectangle(SHAPE, 65, 20, right, 40))])


def test_the_box_of_a_joined_detection_is_the_mean_of_whole_ones() -> None:
    left, middle = rectangle(SHAPE, 65, 20, 80, 40), rectangle(SHAPE, 65, 20, 82, 40)
    assert _left_and_middle(Thing(left), Thing(middle)).boxes_n4.tolist() == [[65, 20, 81, 40]]


def test_masks_that_hardly_agree_are_two() -> None:
    found = _left_and_middle(Thing(rectangle(SHAPE, 65, 20, 85, 40)), Thing(rectangle(SHAPE, 80, 20, 100, 40)))
    assert len(found.masks) == 2


def test_classes_are_never_mixed() -> None:
    mask = rectangle(SHAPE, 70, 20, 90, 40)
    assert as_joined(_left_and_middle(Thing(mask, 1), Thing(mask, 2))) == as_seen([Thing(mask, 1), Thing(mask, 2)])


def test_a_remnant_at_the_border_of_a_tile_goes_with_the_object_that_holds_it() -> None:
    whole = Thing(rectangle(SHAPE, 10, 20, 90, 40), score=0.9)
    remnant = Thing(rectangle(SHAPE, 50, 20, 70, 40), score=0.3)
    assert as_joined(_left_and_middle(whole, remnant)) == as_seen([whole])


def test_an_object_inside_another_stays_if_its_tile_shows_it_whole() -> None:
    around, inside = Thing(rectangle(SHAPE, 10, 20, 98, 60)), Thing(rectangle(SHAPE, 70, 30, 80, 40))
    assert as_joined(_left_and_middle(around, inside)) == as_seen([around, inside])


def test_the_best_are_kept_in_the_order_of_their_scores() -> None:
    things = [Thing(rectangle(SHAPE, x, 5, x + 9, 15), score=x / 220) for x in range(0, 211, 10)]
    found = join_views(views_of(things, PLAN), height=SHAPE[0], width=SHAPE[1], limit=5)
    assert found.scores_n.tolist() == [pytest.approx(x / 220) for x in (210, 200, 190, 180, 170)]


def test_nothing_found_is_nothing_joined() -> None:
    views = [View(view.window, view.found.best(0)) for view in views_of([Thing(disc(SHAPE, 50, 50, 20))], PLAN)]
    found = join_views(views, height=SHAPE[0], width=SHAPE[1], limit=100)
    assert (found.boxes_n4.shape, found.masks) == ((0, 4), [])
