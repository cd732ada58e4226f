"""A dataset is read by its annotations alone, and with its pixels where they decide."""

from pathlib import Path

import pytest

from rehead.cli.reading import counted, read_unseen
from rehead.coco.plan import DataPlan
from tests.cli.squares import draw_images, write_squares

PLAN = DataPlan(val=0.4, test="val")


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    """Ten images of four groups, of which nothing is drawn yet."""
    write_squares(tmp_path / "annotations.json", images=10, size=(64, 64), side=20)
    return tmp_path


def test_a_source_without_splits_is_all_for_training(squares: Path) -> None:
    assert {name: len(data.images) for name, data in read_unseen(squares, PLAN).splits.items()} == {"train": 10}


def test_reading_without_pixels_is_no_fault_to_tell(squares: Path) -> None:
    assert read_unseen(squares, PLAN).faults == {}


def test_a_policy_of_the_plan_counts(squares: Path) -> None:
    write_squares(squares / "annotations.json", change=lambda document: document["annotations"][0].pop("area"))
    plan = DataPlan(policy={"area-missing": "reject"})
    with pytest.raises(ValueError, match="rejected by 1 fault"):
        read_unseen(squares, plan)


def test_images_that_are_not_there_tell_no_seed(squares: Path) -> None:
    assert read_unseen(squares, PLAN).balanced_seed(PLAN) is None


def test_images_that_are_there_tell_one(squares: Path) -> None:
    draw_images(squares / "images", 10, size=(64, 64))
    assert isinstance(read_unseen(squares, PLAN).balanced_seed(PLAN), int)


def test_names_tell_one_without_images(squares: Path) -> None:
    plan = PLAN.model_copy(update={"group": r"(\d)\.jpg$"})
    assert isinstance(read_unseen(squares, plan).balanced_seed(plan), int)


def test_counts_of_many_kinds_are_summed_up() -> None:
    assert counted({f"kind-{n}": n for n in range(1, 9)}) == (
        "8 kind-8, 7 kind-7, 6 kind-6, 5 kind-5, 4 kind-4, 3 kind-3, 3 of other kinds"
    )
