"""What a dataset is like, in numbers."""

import json
from typing import Any

import numpy as np
import pytest

from rehead.coco.measurements import Measurements
from rehead.coco.records import Annotation, Category, Dataset, ImageRecord
from rehead.coco.statistics import describe, describe_splits, scales, sizes_seen, spread_of, touching_m

SQUARE = (10.0, 10.0, 20.0, 20.0)


def measured(
    boxes: list[tuple[float, ...]], *, image: list[int] | None = None, label: list[int] | None = None, **more: Any
) -> Measurements:
    """Objects that fill their boxes, in images of 640 x 480."""
    places = image or [0] * len(boxes)
    count = more.get("images", max(places, default=0) + 1)
    boxes_m4 = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    return Measurements(
        classes=more.get("classes", ("cat", "dog")),
        file_names=tuple(f"{place}.png" for place in range(count)),
        sizes_n2=np.array(more.get("sizes", [(640, 480)] * count), np.int64).reshape(-1, 2),
        boxes_m4=boxes_m4,
        areas_m=boxes_m4[:, 2] * boxes_m4[:, 3],
        image_m=np.array(places, np.int64),
        label_m=np.array(label or [0] * len(boxes), np.int64),
        crowds_n=np.array(more.get("crowds", [0] * count), np.int64),
    )


def test_sizes_are_counted_by_the_bounds_of_coco() -> None:
    found = describe(measured([(0, 0, 31, 32), (0, 0, 32, 32), (0, 0, 96, 95), (0, 0, 96, 96)]))
    assert (found.small, found.medium, found.large) == (1, 2, 1)


def test_a_class_counts_its_objects_and_its_images() -> None:
    found = describe(measured([SQUARE] * 4, image=[0, 0, 1, 1], label=[0, 0, 0, 1]))
    assert [(one.name, one.objects, one.images) for one in found.classes] == [("cat", 3, 2), ("dog", 1, 1)]


def test_the_fullest_image_is_named() -> None:
    found = describe(measured([SQUARE] * 3, image=[0, 1, 1]))
    assert found.fullest_image == "1.png"


def test_an_image_with_a_crowd_region_is_not_empty() -> None:
    assert describe(measured([SQUARE], images=3, crowds=[0, 2, 0])).empty_images == 1


def test_images_above_a_limit_hold_more_objects_than_it() -> None:
    found = describe(measured([SQUARE] * 201, image=[0] * 100 + [1] * 101))
    assert (found.above_limit[100], found.above_limit[200]) == (1, 0)


def test_objects_of_different_images_do_not_overlap() -> None:
    found = describe(measured([SQUARE, SQUARE], image=[0, 1]))
    assert found.overlapping == {0.1: 0.0, 0.5: 0.0}


def test_overlap_is_told_by_least_iou() -> None:
    apart = (300.0, 300.0, 20.0, 20.0)
    found = describe(measured([SQUARE, (20.0, 10.0, 20.0, 20.0), apart, apart]))  # IoU 1/3 and 1
    assert found.overlapping == {0.1: 1.0, 0.5: 0.5}


@pytest.mark.parametrize("box", [(0.5, 10, 20, 20), (10, 0, 20, 20), (619.5, 10, 20, 20), (10, 460, 20, 20)])
def test_an_object_less_than_a_pixel_from_the_border_touches_it(box: tuple[float, ...]) -> None:
    assert touching_m(measured([box, (1, 1, 638, 478)])).tolist() == [True, False]


def test_the_shorter_side_becomes_the_input_size() -> None:
    assert scales(measured([SQUARE]), 240).tolist() == [0.5]


def test_a_long_image_is_scaled_by_its_longer_side() -> None:
    assert scales(measured([SQUARE], sizes=[(3000, 100)]), 300, max_size=600).tolist() == [0.2]


def test_a_tile_is_what_the_network_sees_of_a_large_image() -> None:
    assert scales(measured([SQUARE], sizes=[(9000, 6000)]), 512, tile=1024).tolist() == [0.5]


def test_a_larger_input_shows_objects_larger() -> None:
    small, large = (sizes_seen(measured([SQUARE]), size).at_least[16] for size in (240, 480))
    assert (small, large) == (0.0, 1.0)


def test_a_spread_of_nothing_is_undefined() -> None:
    assert spread_of([]) is None


def test_no_object_leaves_everything_undefined_that_needs_one() -> None:
    found = describe(measured([], images=2))
    undefined = (found.object_sizes, found.aspect_ratios, found.fullest_image, found.overlapping)
    assert (undefined, found.empty_images) == ((None, None, None, None), 2)


def test_no_image_is_no_error() -> None:
    assert describe(measured([], images=0, classes=())).images == 0


def test_a_box_without_width_has_no_aspect_ratio() -> None:
    found = describe(measured([(5, 5, 0, 9), (5, 5, 30, 10)])).aspect_ratios
    assert found is not None
    assert found.largest == 3.0


@pytest.fixture
def split() -> Dataset:
    images = (ImageRecord(1, "1.png", 64, 48), ImageRecord(2, "2.png", 64, 48))
    objects = (Annotation(1, 1, 3, SQUARE, 400.0, 0, ""), Annotation(2, 2, 3, SQUARE, 400.0, 1, ""))
    return Dataset((Category(3, "cat"),), images, objects)


def test_a_split_that_is_there_twice_counts_once_in_all(split: Dataset) -> None:
    found = describe_splits({"val": split, "test": split})
    assert (found["all"]["images"], found["splits"]["test"]["images"]) == (2, 2)


def test_crowd_regions_are_counted_apart(split: Dataset) -> None:
    found = describe_splits({"train": split})["all"]
    assert (found["objects"], found["crowd_regions"]) == (1, 1)


def test_statistics_are_plain_json(split: Dataset) -> None:
    found = json.loads(json.dumps(describe_splits({"train": split}), allow_nan=False))
    assert found["all"]["input_sizes"][0]["at_least"]["8"] == 1.0
