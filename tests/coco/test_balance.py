"""The balanced seed gives every split its share of every class, and what another seed deals unevenly is said."""

import re
import time
from dataclasses import replace

import pytest

from rehead.coco.faults import FaultLog
from rehead.coco.plan import DataPlan
from rehead.coco.records import Dataset
from rehead.coco.splitting import balanced_seed, checked_splits, make_splits
from tests.coco.numbered import numbered, plan_of


def test_the_balanced_seed_gives_every_split_some_of_a_rare_class() -> None:
    given = {"all": numbered(range(90), rare=(5, 17, 44, 80))}
    splits = make_splits(given, plan_of(seed=balanced_seed(given, plan_of()))).splits
    assert all(any(a.category_id == 2 for a in data.annotations) for data in splits.values())


def test_the_balanced_seed_comes_close_to_the_shares() -> None:
    given = {"all": numbered(range(100), rare=range(0, 100, 3))}
    splits = make_splits(
        given, plan_of(seed=balanced_seed(given, plan_of(val=0.2, test=0.2)), val=0.2, test=0.2)
    ).splits
    cats = [len(splits[name].images) for name in ("train", "val", "test")]
    newts = [sum(a.category_id == 2 for a in splits[name].annotations) for name in ("train", "val", "test")]
    assert [*cats, *newts] == pytest.approx([60, 20, 20, 20, 7, 7], abs=3)


def test_where_all_splits_are_given_the_seed_stays() -> None:
    given = {name: numbered(range(3)) for name in ("train", "val", "test")}
    assert balanced_seed(given, plan_of(seed=41)) == 41


def test_without_pixels_the_balanced_seed_needs_a_group_by_name() -> None:
    data = numbered(range(50))
    unseen = {"all": replace(data, images=tuple(replace(image, facts=None) for image in data.images))}
    with pytest.raises(ValueError, match="must be decoded"):
        balanced_seed(unseen, plan_of())
    grouped = plan_of(group=r"^(wall\d+)_")
    assert balanced_seed(unseen, grouped) == balanced_seed({"all": data}, grouped)


def test_a_class_dealt_unevenly_is_noted_with_a_seed_that_deals_it_better() -> None:
    given, log = {"all": numbered(range(60), rare=(5, 17, 44))}, FaultLog()
    plan = next(plan_of(seed=seed) for seed in range(99) if _lacks_newts(given, plan_of(seed=seed)))
    checked_splits(given, plan, log)
    (fault,) = log.faults
    assert (fault.code, fault.action) == ("split-uneven", "warn")
    assert "1 class(es) are dealt unevenly: 'newt' (test " in fault.message
    found = re.search(r"data\.seed: (\d+) does better", fault.message)
    assert found
    assert not _lacks_newts(given, plan_of(seed=int(found[1])))


def _lacks_newts(given: dict[str, Dataset], plan: DataPlan) -> bool:
    splits = make_splits(given, plan).splits.values()
    return not all(any(a.category_id == 2 for a in data.annotations) for data in splits)


def test_even_splits_are_not_remarked_on() -> None:
    given, log = {"all": numbered(range(200), rare=range(100))}, FaultLog()
    checked_splits(given, plan_of(seed=balanced_seed(given, plan_of())), log)
    assert not log.faults


def test_crowd_regions_are_no_objects_to_balance_by() -> None:
    data = numbered(range(80), rare=range(20))
    crowds = tuple(replace(a, iscrowd=int(a.category_id == 2)) for a in data.annotations)
    bare = tuple(a for a in data.annotations if a.category_id == 1)
    seeds = [balanced_seed({"all": replace(data, annotations=kept)}, plan_of()) for kept in (crowds, bare)]
    assert seeds[0] == seeds[1]


def test_many_images_are_balanced_in_seconds() -> None:
    """Each of 300 seeds deals 20,000 images: their keys are hashed once."""
    given = {"all": numbered(range(20_000), rare=range(0, 20_000, 7))}
    start = time.process_time()
    balanced_seed(given, plan_of())
    assert time.process_time() - start < 5


def test_where_no_seed_does_better_that_is_said() -> None:
    given, log = {"all": numbered(range(60), rare=(5, 17, 44))}, FaultLog()
    plan = plan_of(val=0.01, test=0.01)
    working = next(seed for seed in range(300) if _works(given, plan.model_copy(update={"seed": seed})))
    checked_splits(given, plan.model_copy(update={"seed": working}), log)
    assert "None of 300 seeds does better" in log.faults[0].message


def _works(given: dict[str, Dataset], plan: DataPlan) -> bool:
    try:
        return bool(make_splits(given, plan))
    except ValueError:
        return False
