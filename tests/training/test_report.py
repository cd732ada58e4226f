"""Why a training ended before its last epoch."""

from rehead.training.history import History
from rehead.training.plan import TrainPlan
from rehead.training.report import early_end


def history(*mask_aps: float) -> History:
    return History([{"epoch": number, "val_mask_AP": ap} for number, ap in enumerate(mask_aps, 1)])


def test_a_score_that_settled_is_told_with_its_epoch() -> None:
    told = early_end(TrainPlan(epochs=9, patience=2, minutes=1.0), history(0.1, 0.3, 0.2, 0.3))
    assert told == "ended after epoch 4: no better mask AP since epoch 2 (train.patience)"


def test_time_that_was_over_is_told_with_the_epochs_that_were_planned() -> None:
    told = early_end(TrainPlan(epochs=9, patience=2, minutes=1.5), history(0.1, 0.3))
    assert told == "ended after epoch 2 of 9: no more fit into 1.5 minutes (train.minutes)"


def test_all_epochs_are_no_early_end() -> None:
    assert early_end(TrainPlan(epochs=2, patience=1), history(0.3, 0.1)) is None
