"""Missing splits are cut by content: stable, seeded, in groups, balanced by the seed, and never without objects."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rehead.coco.faults import FaultLog
from rehead.coco.looks import look_of
from rehead.coco.plan import DataPlan
from rehead.coco.records import Dataset
from rehead.coco.splitting import Splitting, checked_splits, make_splits
from tests.coco.numbered import ids_of, numbered, plan_of
from tests.coco.pictures import EDITS, picture

SEEDS = st.integers(-(10**9), 10**9)
NUMBERS = st.sets(st.integers(0, 10**6), min_size=20, max_size=60)


def _split(data: Dataset, plan: DataPlan) -> Splitting:
    """Make splits; a seed that leaves one of them empty is none to test with."""
    try:
        return make_splits({"all": data}, plan)
    except ValueError:
        assume(False)
        raise


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_about_what_was_asked_for(seed: int) -> None:
    splits = make_splits({"all": numbered(range(2000))}, plan_of(val=0.2, test=0.1, seed=seed)).splits
    shares = [len(splits[name].images) / 2000 for name in ("train", "val", "test")]
    assert shares == pytest.approx([0.7, 0.2, 0.1], abs=0.04)


def test_no_image_is_in_two_splits_or_in_none() -> None:
    splits = make_splits({"all": numbered(range(100))}, plan_of()).splits
    assert sorted(i.id for data in splits.values() for i in data.images) == list(range(100))


def test_annotations_follow_their_images() -> None:
    splits = make_splits({"all": numbered(range(100))}, plan_of()).splits
    assert all({a.image_id for a in data.annotations} == ids_of(data) for data in splits.values())


@given(NUMBERS, st.sets(st.integers(0, 10**6), max_size=200), SEEDS, st.sampled_from([None, r"^(wall\d+)_"]))
@settings(max_examples=60, deadline=None)
def test_images_that_are_added_move_no_old_one(old: set[int], new: set[int], seed: int, group: str | None) -> None:
    plan = plan_of(seed=seed, group=group)
    before, after = (_split(numbered(numbers), plan).splits for numbers in (old, old | new))
    assert all(ids_of(before[name]) == ids_of(after[name]) & old for name in before)


def test_another_seed_deals_otherwise() -> None:
    first, second = (make_splits({"all": numbered(range(100))}, plan_of(seed=seed)).splits for seed in (0, 1))
    assert ids_of(first["test"]) != ids_of(second["test"])


@given(NUMBERS, SEEDS, st.sampled_from([r"^(wall\d+)_", {"key": "patient"}]))
@settings(max_examples=60, deadline=None)
def test_images_of_one_group_stay_together(numbers: set[int], seed: int, group: Any) -> None:
    members = {n + offset for n in numbers for offset in range(3)}
    splits = _split(numbered(members), plan_of(seed=seed, group=group)).splits
    walls = [{n // 4 for n in ids_of(data)} for data in splits.values()]
    assert sum(map(len, walls)) == len(set().union(*walls))


@given(NUMBERS, SEEDS)
@settings(max_examples=60, deadline=None)
def test_copies_of_a_picture_stay_together(numbers: set[int], seed: int) -> None:
    data = numbered(numbers)
    images = tuple(replace(i, facts=replace(i.facts, pixels=f"{i.id // 1000}")) for i in data.images if i.facts)
    splits = _split(replace(data, images=images), plan_of(seed=seed)).splits
    pictures = [{n // 1000 for n in ids_of(data)} for data in splits.values()]
    assert sum(map(len, pictures)) == len(set().union(*pictures))


def test_given_splits_stay_as_they_are() -> None:
    given = {
        "train": numbered(range(10)),
        "val": numbered(range(10, 20)),
        "test": numbered(range(20, 30)),
    }
    assert make_splits(given, plan_of()).splits == given


def test_a_missing_test_split_is_cut_from_train_and_never_from_val() -> None:
    splits = make_splits({"train": numbered(range(50)), "val": numbered(range(50, 60))}, plan_of(test=0.3)).splits
    assert ids_of(splits["val"]) == set(range(50, 60))
    assert ids_of(splits["train"]) | ids_of(splits["test"]) == set(range(50))


def test_test_val_scores_on_the_validation_images_and_says_so() -> None:
    found = make_splits({"train": numbered(range(14)), "val": numbered(range(14, 18))}, plan_of(test="val"))
    assert found.splits["test"] is found.splits["val"]
    assert "validation images again" in found.how["test"]
    assert len(found.splits["train"].images) == 14


@pytest.mark.parametrize("images", [2, 3, 5])
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 77])
def test_where_a_split_would_be_empty_the_error_names_a_cure_that_works(images: int, seed: int) -> None:
    given, plan, cures = {"all": numbered(range(images))}, plan_of(seed=seed), []
    try:
        splits = make_splits(given, plan).splits
    except ValueError as error:
        cures = re.findall(r"data\.(\w+): (\w+)", str(error).partition("; set ")[2])
        fields = {name: int(value) if name == "seed" else value for name, value in cures}
        splits = make_splits(given, plan_of(**{"seed": seed, **fields})).splits
    assert all(data.annotations for data in splits.values())
    assert ("test", "val") in cures or images > 2


def test_one_image_cannot_be_split_and_the_error_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match=r"1 image\(s\) or group\(s\) with objects are too few; add images"):
        make_splits({"all": numbered(range(1))}, plan_of())


def test_a_share_of_nothing_is_an_error_where_the_split_is_missing() -> None:
    with pytest.raises(ValueError, match=r"data\.test: the source has no test split"):
        make_splits({"all": numbered(range(20))}, plan_of(test=0))


def test_shares_that_leave_nothing_to_train_on_are_an_error() -> None:
    with pytest.raises(ValueError, match="leave nothing to train on"):
        make_splits({"all": numbered(range(20))}, plan_of(val=0.5, test=0.5))


def test_near_copies_that_the_cut_has_parted_are_named_and_may_be_left_out_of_training() -> None:
    data = numbered(range(60))
    looks = [look_of(picture(n)) for n in range(59)] + [look_of(EDITS["brighter"](picture(0)))]
    seen = zip(data.images, looks, strict=True)
    data = replace(data, images=tuple(replace(i, facts=replace(i.facts, look=look)) for i, look in seen if i.facts))
    plan = next(plan_of(seed=seed) for seed in range(99) if _parts({"all": data}, plan_of(seed=seed), 0, 59))
    log = FaultLog({"leak-near": "drop"})
    made = checked_splits({"all": data}, plan, log)
    splits = made.splits
    assert [fault.code for fault in log.faults] == ["leak-near"]
    assert ids_of(splits["train"]).isdisjoint({0, 59})
    assert made.how["train"] == "what was left of 60 images, 1 left out as leaks"
    assert len({0, 59} & (ids_of(splits["val"]) | ids_of(splits["test"]))) == 1


def _parts(given: dict[str, Dataset], plan: DataPlan, one: int, other: int) -> bool:
    """Tell whether a plan trains on one image and scores on the other."""
    train = ids_of(make_splits(given, plan).splits["train"])
    return (one in train) != (other in train)
