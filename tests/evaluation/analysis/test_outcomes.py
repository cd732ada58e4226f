"""Objects ignored by any rule are ignored as COCO ignores areas outside a range."""

import numpy as np
import pytest

from rehead.coco.rle import area
from rehead.evaluation.analysis.groups import Groups, scored
from rehead.evaluation.analysis.judged import Judged, judge
from rehead.evaluation.analysis.pairs import Picture
from rehead.evaluation.coco_map import coco_map
from tests.evaluation.analysis.drawn import BOLT, NUT, Entry, found, noisy_case, square, truth_of


def judged_masks(truth: Entry, results: list[Entry], *, limit: int = 100) -> Judged:
    return judge(truth, results, heads=["mask"], least={NUT: 0.5, BOLT: 0.5}, max_detections=limit)["mask"]


def cocos_sizes(picture: Picture) -> Groups:
    areas_a = [one["area"] for one in picture.annotations]
    areas_d = [area(one["segmentation"]) for one in picture.found]
    bounds = (32**2, 96**2)
    return np.digitize(areas_a, bounds), np.digitize(areas_d, bounds)


def everything(picture: Picture) -> Groups:
    return np.zeros(len(picture.annotations), dtype=np.int64), np.zeros(len(picture.found), dtype=np.int64)


@pytest.mark.parametrize("seed", range(4))
def test_groups_by_cocos_sizes_have_cocos_numbers(seed: int) -> None:
    truth, results = noisy_case(seed)
    rows = {one["name"]: one["AP"] for one in scored(judged_masks(truth, results), cocos_sizes, ("APs", "APm", "APl"))}
    mask = coco_map(truth, results, heads=["mask"]).mask
    assert rows == pytest.approx({name: mask[name] for name in ("APs", "APm", "APl") if mask[name] is not None})


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_one_group_of_everything_has_cocos_numbers(limit: int) -> None:
    truth, results = noisy_case(5)
    (row,) = scored(judged_masks(truth, results, limit=limit), everything, ("all",))
    mask = coco_map(truth, results, max_detections=limit, heads=["mask"]).mask
    assert (row["AP"], row["AP50"]) == pytest.approx((mask["AP"], mask["AP50"]))


def test_each_image_keeps_its_own_matches() -> None:
    truth = truth_of(square(0, 0), square(50, 0), square(0, 0, image=2), images=2)
    judged = judged_masks(truth, found((square(0, 0, image=2), 0.9), (square(50, 0), 0.8), (square(99, 99), 0.7)))
    assert [matching.met_d.tolist() for matching in judged.matchings] == [[1, -1], [0]]


def test_a_crowd_region_may_be_met_again_and_again() -> None:
    truth = truth_of(square(0, 0, side=100, iscrowd=1))
    judged = judged_masks(truth, found((square(0, 0), 0.9), (square(30, 30), 0.8), (square(60, 60), 0.7)))
    assert not judged.matchings[0].counted_d.any()
