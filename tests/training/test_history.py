import csv
from pathlib import Path

import pytest

from rehead.training.history import COLUMNS, History
from rehead.training.loop import Epoch
from rehead.training.step import Step

NAMES = ("loss", "loss_classifier", "loss_box_reg", "loss_mask", "loss_objectness", "loss_rpn_box_reg")


def epoch(number: int) -> Epoch:
    losses = dict.fromkeys(NAMES, 1.0 / number)
    return Epoch(number, (Step(number, number, losses, 0.01, 4, gradient_norm=2.0),), losses, 8.0, 2.0)


def test_only_a_higher_mask_ap_is_the_best() -> None:
    record = History()
    told = [record.add(epoch(n), box_ap=0.5, mask_ap=ap) for n, ap in enumerate((0.2, 0.4, 0.4, 0.3), 1)]
    assert told == [True, True, False, False]
    assert record.best["epoch"] == 2


@pytest.mark.parametrize("ap", [None, 0.0, 0.4])
def test_of_epochs_with_the_same_score_the_one_with_the_least_loss_is_the_best(ap: float | None) -> None:
    record = History()
    told = [record.add(epoch(n), box_ap=ap, mask_ap=ap, loss=loss) for n, loss in enumerate((3.0, 2.0, None, 1.0), 1)]
    assert told == [True, True, False, True]
    assert record.best["epoch"] == 4


def test_patience_does_not_end_a_training_that_finds_nothing_yet_while_its_loss_falls() -> None:
    record = History()
    for number in range(1, 6):
        record.add(epoch(number), box_ap=0.0, mask_ap=0.0, loss=1.0 / number)
    assert not record.has_settled(1)


def test_the_first_epoch_counts_as_best_even_without_a_defined_score() -> None:
    assert History().add(epoch(1), box_ap=None, mask_ap=None)


def test_the_table_has_a_line_an_epoch_and_leaves_undefined_scores_empty(tmp_path: Path) -> None:
    record = History()
    record.add(epoch(1), box_ap=None, mask_ap=None)
    record.add(epoch(2), box_ap=0.25, mask_ap=0.125)
    record.write_csv(tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[0].split(",") == list(COLUMNS)
    assert lines[1].endswith(",,,2")
    assert lines[2].endswith(",0.25,0.125,2")


@pytest.mark.parametrize(("patience", "settled"), [(None, False), (3, False), (2, True), (1, True)])
def test_a_score_has_settled_when_it_has_not_risen_for_so_many_epochs(patience: int | None, settled: bool) -> None:
    record = History()
    for number, ap in enumerate((0.2, 0.4, 0.4, 0.3), 1):
        record.add(epoch(number), box_ap=0.5, mask_ap=ap)
    assert record.has_settled(patience) is settled


def test_before_the_first_epoch_nothing_has_settled() -> None:
    assert not History().has_settled(1)


def test_the_loss_in_validation_is_in_the_table_the_line_and_the_tracker(tmp_path: Path) -> None:
    record = History()
    record.add(epoch(1), box_ap=0.5, mask_ap=0.5, loss=1.25)
    record.write_csv(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open() as stream:
        assert next(csv.DictReader(stream))["val_loss"] == "1.25"
    assert "1.250 in validation" in record.line()
    assert ("val/loss", 1.25, 1) in record.points(epoch(1))


def test_steps_and_scores_become_points_of_the_tracker() -> None:
    record = History()
    record.add(epoch(3), box_ap=None, mask_ap=0.5)
    points = record.points(epoch(3))
    assert ("train/loss_mask", 1 / 3, 3) in points
    assert ("train/gradient_norm", 2.0, 3) in points
    assert ("val/mask_AP", 0.5, 3) in points
    assert not [name for name, _, _ in points if name == "val/box_AP"]
