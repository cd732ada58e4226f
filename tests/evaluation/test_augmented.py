"""Test-time augmentation: what several views of an image make of it together."""

from typing import Any

import numpy as np
import pytest
import torch

from rehead.coco.plan import TilePlan
from rehead.coco.rle import decode
from rehead.detector.build import Detector, build_detector, tiled
from rehead.detector.plan import ModelPlan
from rehead.evaluation.augmented import Boxes, look_by, merged, scaled, views_of
from rehead.evaluation.plan import ViewPlan
from rehead.evaluation.prediction import look_once, predict_image
from tests.evaluation.seeing import Picture, seeing_detector

EVERY_TURN = ViewPlan(flip_horizontal=True, flip_vertical=True, transpose=True)
BOX = (10.0, 20.0, 50.0, 60.0)


def boxes(*found: tuple[tuple[float, ...], float, int]) -> Boxes:
    corners, scores, labels = zip(*found, strict=True) if found else ((), (), ())
    return Boxes(torch.tensor(corners).reshape(-1, 4), torch.tensor(scores), torch.tensor(labels, dtype=torch.int64))


def test_without_a_plan_an_image_is_looked_at_once() -> None:
    assert look_by(None) is look_once


def test_every_turn_is_looked_at_at_every_scale_the_image_as_it_is_first() -> None:
    views = views_of(ViewPlan(flip_horizontal=True, scales=(0.5, 1.0)))
    assert [(view.name, scale) for view, scale in views] == [("plain", 1.0), ("plain", 0.5), ("h", 1.0), ("h", 0.5)]


def test_what_all_views_saw_alike_stays_as_it_was() -> None:
    seen = boxes((BOX, 0.75, 1), ((0.0, 0.0, 9.0, 9.0), 0.5, 2))
    together = merged([seen, seen, seen], overlap=0.5)
    torch.testing.assert_close(together.boxes_n4, seen.boxes_n4)
    torch.testing.assert_close(together.scores_n, seen.scores_n)
    assert torch.equal(together.labels_n, seen.labels_n)


def test_the_box_is_the_mean_by_score_and_the_score_the_mean_of_the_views() -> None:
    together = merged([boxes((BOX, 0.9, 1)), boxes(((14.0, 20.0, 50.0, 64.0), 0.3, 1))], overlap=0.5)
    assert together.boxes_n4.tolist() == [pytest.approx([11.0, 20.0, 50.0, 61.0])]
    assert together.scores_n.tolist() == [pytest.approx(0.6)]


def test_a_view_that_saw_nothing_counts_as_zero() -> None:
    together = merged([boxes((BOX, 0.9, 1)), boxes(), boxes()], overlap=0.5)
    assert together.scores_n.tolist() == [pytest.approx(0.3)]


def test_a_view_that_saw_an_object_twice_counts_with_the_better_score() -> None:
    twice = boxes((BOX, 0.8, 1), ((14.0, 20.0, 50.0, 64.0), 0.4, 1))
    assert merged([twice, boxes((BOX, 0.6, 1))], overlap=0.5).scores_n.tolist() == [pytest.approx(0.7)]


def test_objects_of_two_classes_stay_apart() -> None:
    together = merged([boxes((BOX, 0.9, 1)), boxes((BOX, 0.7, 2))], overlap=0.5)
    assert list(zip(together.labels_n.tolist(), together.scores_n.tolist(), strict=True)) == [
        (1, pytest.approx(0.45)),
        (2, pytest.approx(0.35)),
    ]


def test_an_object_that_all_views_saw_comes_before_a_surer_one_of_a_single_view() -> None:
    other = (100.0, 20.0, 140.0, 60.0)
    together = merged([boxes((BOX, 0.9, 1), (other, 0.6, 1)), boxes((other, 0.6, 1))], overlap=0.5)
    assert together.scores_n.tolist() == [pytest.approx(0.6), pytest.approx(0.45)]


def test_nothing_found_in_any_view_is_nothing() -> None:
    assert len(merged([boxes(), boxes()], overlap=0.5).labels_n) == 0


@pytest.fixture
def picture() -> Picture:
    """Three triangles, two of them at borders."""
    drawn = Picture(60, 90)
    drawn.add(20, 15, 45, 40, score=0.875)
    drawn.add(0, 0, 17, 12, score=0.75)
    drawn.add(70, 31, 90, 60, score=0.5)
    return drawn


@pytest.mark.parametrize("side", [60, 120], ids=["as it is", "twice as large"])
@pytest.mark.parametrize(
    "plan",
    [EVERY_TURN, ViewPlan(flip_horizontal=True), ViewPlan(scales=(1.0, 2.0))],
    ids=["every turn", "mirrored", "twice the size"],
)
def test_a_perfect_detector_finds_in_all_views_together_what_it_finds_in_one(
    picture: Picture, plan: ViewPlan, side: int
) -> None:
    found = predict_image(seeing_detector(side=side), picture.image_chw, look=look_by(plan))
    assert found.scores_n.tolist() == pytest.approx([0.875, 0.75, 0.5])
    assert all(np.array_equal(decode(m), true.numpy()) for m, true in zip(found.masks, picture.masks, strict=True))


@pytest.mark.parametrize("side", [60, 120])
def test_away_from_the_border_every_turn_draws_the_mask_that_the_image_has(side: int) -> None:
    picture = Picture(60, 90)
    picture.add(20, 15, 45, 40, score=0.875)
    detector = seeing_detector(side=side)
    plain, together = (look(detector, picture.image_chw) for look in (look_once, look_by(EVERY_TURN)))
    torch.testing.assert_close(together.masks_nmm, plain.masks_nmm, atol=1e-4, rtol=0)
    torch.testing.assert_close(together.boxes_n4, plain.boxes_n4)


def test_masks_are_the_mean_of_the_views(picture: Picture) -> None:
    detector: Any = seeing_detector(side=60)
    drawn: list[torch.Tensor] = []

    def masks_of(features: Any, placed: list[torch.Tensor], sizes: Any, labels: Any) -> tuple[torch.Tensor, ...]:
        drawn.append(torch.rand(len(placed[0]), 1, 4, 4))
        return (drawn[-1],)

    detector.model.roi_heads.masks_of = masks_of
    found = look_by(ViewPlan(flip_horizontal=True))(detector, picture.image_chw)
    torch.testing.assert_close(found.masks_nmm, (drawn[0] + drawn[1].flip(-1))[:, 0] / 2)


def test_an_image_without_objects_has_none_in_any_view() -> None:
    assert predict_image(seeing_detector(side=60), torch.zeros(3, 60, 90), look=look_by(EVERY_TURN)).masks == []


@pytest.fixture(scope="module")
def detector() -> Detector:
    """A small real one with random weights."""
    torch.manual_seed(0)
    plan = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,), max_detections=10)
    built = build_detector(plan, ("nut", "bolt"))
    built.model.eval()
    return built


def test_a_real_detector_keeps_its_limits_in_several_views(detector: Detector) -> None:
    found = predict_image(detector, torch.rand(3, 48, 80), look=look_by(ViewPlan(scales=(0.5, 1.0), transpose=True)))
    assert len(found.masks) == 10
    assert (np.diff(found.scores_n) <= 0).all()
    assert (found.boxes_n4 >= 0).all()
    assert (found.boxes_n4 <= [80, 48, 80, 48]).all()


def test_a_real_detector_without_detections_draws_no_mask(detector: Detector) -> None:
    heads: Any = detector.model.roi_heads
    before, heads.score_thresh = heads.score_thresh, 1.0
    found = predict_image(detector, torch.rand(3, 48, 80), look=look_by(EVERY_TURN))
    heads.score_thresh = before
    assert (found.masks, found.boxes_n4.shape) == ([], (0, 4))


def test_a_detector_by_tiles_looks_at_each_tile_in_several_views() -> None:
    torch.manual_seed(0)
    plan = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,), max_detections=10)
    by_tiles = tiled(build_detector(plan, ("nut",)), TilePlan(size=64))
    by_tiles.model.eval()
    found = predict_image(by_tiles, torch.rand(3, 64, 110), look=look_by(ViewPlan(flip_horizontal=True)))
    assert {tuple(mask["size"]) for mask in found.masks} == {(64, 110)}


@pytest.mark.parametrize("tile", [None, TilePlan(size=128)])
def test_a_scale_changes_the_size_that_the_network_sees_and_nothing_else(tile: TilePlan | None) -> None:
    model = tiled(build_detector(ModelPlan(weights="none", input_size=64), ("nut",)), tile).model.eval()
    sizes = [scaled(model.transform, scale)([torch.rand(3, 64, 100)])[0].image_sizes[0] for scale in (1.0, 2.0, 1.0)]
    assert sizes[0] == sizes[2]
    assert sizes[1] == (2 * sizes[0][0], 2 * sizes[0][1])
