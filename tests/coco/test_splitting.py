"""Missing splits are cut by content: stable, seeded, never silently, and never without objects."""

from dataclasses import replace
from typing import Any

import pytest

from rehead.coco.plan import DataPlan
from rehead.coco.records import Annotation, Category, Dataset, ImageFacts, ImageRecord
from rehead.coco.splitting import make_splits


def _image(n: int) -> ImageRecord:
    facts = ImageFacts(f"bytes {n}", f"pixels {n}", 64, 48, 1, "PNG", "RGB", True)
    return ImageRecord(n, f"wall{n // 4}_{n}.png", 64, 48, None, facts)


def _dataset(numbers: Any) -> Dataset:
    images = tuple(_image(n) for n in numbers)
    annotations = tuple(Annotation(i.id, i.id, 1, (0.0, 0.0, 9.0, 9.0), 81.0, 0, "x") for i in images)
    return Dataset((Category(1, "cat"),), images, annotations)


def _plan(**fields: Any) -> DataPlan:
    return DataPlan.model_validate(fields)


def _names(data: Dataset) -> set[int]:
    return {image.id for image in data.images}


def test_shares_are_about_what_was_asked_for() -> None:
    splits = make_splits({"all": _dataset(range(1000))}, _plan(val=0.2, test=0.1)).splits
    sizes = [len(splits[name].images) for name in ("train", "val", "test")]
    assert [round(size / 1000, 1) for size in sizes] == [0.7, 0.2, 0.1]


def test_no_image_is_in_two_splits_or_in_none() -> None:
    splits = make_splits({"all": _dataset(range(100))}, _plan()).splits
    assert sorted(i.id for data in splits.values() for i in data.images) == list(range(100))


def test_annotations_follow_their_images() -> None:
    splits = make_splits({"all": _dataset(range(100))}, _plan()).splits
    assert all({a.image_id for a in data.annotations} == _names(data) for data in splits.values())


def test_added_images_move_no_old_one() -> None:
    before = make_splits({"all": _dataset(range(100))}, _plan()).splits
    after = make_splits({"all": _dataset(range(150))}, _plan()).splits
    assert all(_names(before[name]) == _names(after[name]) & set(range(100)) for name in before)


def test_another_seed_deals_otherwise() -> None:
    first, second = (make_splits({"all": _dataset(range(100))}, _plan(seed=seed)).splits for seed in (0, 1))
    assert _names(first["test"]) != _names(second["test"])


def test_images_of_one_group_stay_together() -> None:
    splits = make_splits({"all": _dataset(range(200))}, _plan(group=r"^(wall\d+)_")).splits
    walls = [{n // 4 for n in _names(data)} for data in splits.values()]
    assert sum(map(len, walls)) == len(set().union(*walls)) == 50


def test_copies_of_a_picture_stay_together() -> None:
    data = _dataset(range(200))
    images = tuple(replace(i, facts=replace(i.facts, pixels=f"pixels {i.id // 2}")) for i in data.images if i.facts)
    splits = make_splits({"all": replace(data, images=images)}, _plan()).splits
    pairs = [{n // 2 for n in _names(split)} for split in splits.values()]
    assert sum(map(len, pairs)) == 100


def test_given_splits_stay_as_they_are() -> None:
    given = {"train": _dataset(range(10)), "val": _dataset(range(10, 20)), "test": _dataset(range(20, 30))}
    assert make_splits(given, _plan()).splits == given


def test_a_missing_test_split_is_cut_from_train_and_never_from_val() -> None:
    splits = make_splits({"train": _dataset(range(50)), "val": _dataset(range(50, 60))}, _plan(test=0.3)).splits
    assert _names(splits["val"]) == set(range(50, 60))
    assert _names(splits["train"]) | _names(splits["test"]) == set(range(50))


def test_test_val_scores_on_the_validation_images_and_says_so() -> None:
    found = make_splits({"train": _dataset(range(14)), "val": _dataset(range(14, 18))}, _plan(test="val"))
    assert found.splits["test"] is found.splits["val"]
    assert "validation images again" in found.how["test"]
    assert len(found.splits["train"].images) == 14


@pytest.mark.parametrize("seed", range(5))
def test_even_three_images_fill_three_splits(seed: int) -> None:
    splits = make_splits({"all": _dataset(range(3))}, _plan(seed=seed)).splits
    assert [len(data.annotations) for data in splits.values()] == [1, 1, 1]


def test_too_few_images_are_an_error_with_a_remedy() -> None:
    with pytest.raises(ValueError, match=r"data\.test: val"):
        make_splits({"all": _dataset(range(2))}, _plan())


def test_a_share_of_nothing_is_an_error_where_the_split_is_missing() -> None:
    with pytest.raises(ValueError, match=r"data\.test: the source has no test split"):
        make_splits({"all": _dataset(range(20))}, _plan(test=0))


def test_shares_that_leave_nothing_to_train_on_are_an_error() -> None:
    with pytest.raises(ValueError, match="leave nothing to train on"):
        make_splits({"all": _dataset(range(20))}, _plan(val=0.5, test=0.5))
