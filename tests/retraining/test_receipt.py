"""Receipts are numbered, come back as they were written, and tell of past success and failure."""

from dataclasses import replace
from pathlib import Path

import pytest

from rehead.retraining.policy import DatasetFacts
from rehead.retraining.receipt import (
    Outcome,
    Receipt,
    failures_in_row,
    last_success,
    read_receipts,
    write_receipt,
)

DATASET = DatasetFacts(fingerprint="a", images=3)
RECEIPT = Receipt(
    number=1,
    outcome=Outcome.PROMOTED,
    because="there is no champion yet",
    commit="c",
    dataset=DATASET,
    registration={"version": "1"},
    started="2026-01-01T00:00:00+00:00",
    seconds=1.5,
    log="data/retraining/000001.log",
)


def history(*outcomes: Outcome) -> list[Receipt]:
    return [replace(RECEIPT, number=number, outcome=outcome) for number, outcome in enumerate(outcomes, start=1)]


def test_receipts_come_back_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    receipts = [replace(RECEIPT, number=10), replace(RECEIPT, number=9, dataset=None)]
    for receipt in receipts:
        write_receipt(tmp_path, receipt)
    assert read_receipts(tmp_path) == receipts[::-1]


@pytest.mark.parametrize(("outcome", "code"), list(zip(Outcome, [0, 0, 0, 65, 124, 1], strict=True)))
def test_each_outcome_has_its_exit_code(outcome: Outcome, code: int) -> None:
    assert outcome.exit_code == code


def test_the_last_success_is_a_cycle_that_trained() -> None:
    past = last_success(history(Outcome.PROMOTED, Outcome.KEPT, Outcome.UNCHANGED, Outcome.FAILED))
    assert past is not None
    assert past.number == 2


def test_failures_are_counted_over_skipped_cycles_up_to_the_last_success() -> None:
    past = history(Outcome.FAILED, Outcome.KEPT, Outcome.TIMED_OUT, Outcome.UNCHANGED, Outcome.FAILED)
    assert failures_in_row(past, "c", DATASET) == 2


def test_failures_on_another_commit_do_not_count() -> None:
    assert failures_in_row(history(Outcome.FAILED), "d", DATASET) == 0
