from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from rehead.dataset.ordering import Visit, repeat_factors, visits
from rehead.dataset.split import ImageRecord, Split


def split_of(labels: list[set[int]], *, crowds: tuple[int, ...] = ()) -> Split:
    """Give a split of images that hold these classes; the objects of the images in `crowds` are crowds."""
    records = tuple(ImageRecord(at, f"{at}.png", 8, 8) for at in range(len(labels)))
    annotations = {
        at: [{"category_id": label, "iscrowd": int(at in crowds)} for label in sorted(own)]
        for at, own in enumerate(labels)
    }
    return Split(Path(), "train", ("a", "b", "c"), records, {}, annotations, "")


COMMON_AND_RARE = split_of([{1}] * 16 + [{1, 2}] * 3 + [{3}] + [set()] * 2)


def test_without_balance_every_image_comes_once() -> None:
    found = visits(COMMON_AND_RARE, balance="off", seed=3, epoch=1)
    assert sorted(found) == [Visit(place, 0) for place in range(len(COMMON_AND_RARE))]


def test_the_factor_of_an_image_is_the_root_of_how_much_rarer_its_rarest_class_is() -> None:
    wanted = [1.0] * 16 + [np.sqrt(19 / 3)] * 3 + [np.sqrt(19)] + [1.0] * 2
    assert repeat_factors(COMMON_AND_RARE).tolist() == wanted


def test_crowds_make_no_class_common() -> None:
    assert repeat_factors(split_of([{1}, {1}, {2}, {2}], crowds=(3,))).tolist() == [1.0, 1.0, np.sqrt(2), 1.0]


@pytest.mark.parametrize("epoch", range(5))
def test_each_image_comes_as_often_as_its_factor_says_within_one(epoch: int) -> None:
    factors = repeat_factors(COMMON_AND_RARE)
    wanted = factors / factors.sum() * len(COMMON_AND_RARE)
    counts = Counter(v.place for v in visits(COMMON_AND_RARE, balance="classes", seed=3, epoch=epoch))
    assert all(abs(counts[place] - wanted[place]) < 1 for place in range(len(COMMON_AND_RARE)))


def test_a_balanced_epoch_is_as_long_as_the_split() -> None:
    assert {len(visits(COMMON_AND_RARE, balance="classes", seed=s, epoch=1)) for s in range(20)} == {22}


def test_visits_of_one_image_are_numbered() -> None:
    rare = [v.repeat for v in visits(COMMON_AND_RARE, balance="classes", seed=0, epoch=1) if v.place == 19]
    assert rare == list(range(len(rare)))
    assert len(rare) >= 2


def test_a_split_of_equally_common_classes_is_left_as_it_is() -> None:
    even = split_of([{1}, {2}, {3}, {1}, {2}, {3}])
    assert sorted(visits(even, balance="classes", seed=0, epoch=1)) == [Visit(place, 0) for place in range(6)]
