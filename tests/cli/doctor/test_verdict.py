"""An overfitted batch tells a wrong rate from wrong data."""

from dataclasses import replace

from rehead.cli.doctor.finding import Finding
from rehead.cli.doctor.overfit import Attempt, Overfit
from rehead.cli.doctor.pace import Pace
from rehead.cli.doctor.verdict import judge_overfit
from tests.cli.doctor.subjects import LOSSES, attempt, outcome


def verdict(*attempts: Attempt, side: int = 64) -> Finding:
    return judge_overfit(Overfit(attempts, images=2, objects=5, side=side, own_side=64, pace=Pace(1e-6, side)))


def test_a_batch_that_is_learned_is_well() -> None:
    finding = verdict(attempt())
    assert outcome(finding) == ("ok", False)
    assert "5 of 5 losses fell, mask AP on them 0.10 -> 0.50" in finding.told
    assert [line.split()[0] for line in finding.lines] == list(LOSSES)


def test_a_smaller_picture_is_told() -> None:
    assert "at 32 px instead of 64, for the time" in verdict(attempt(), side=32).told


def test_a_rate_that_moves_nothing_is_told_with_one_that_does() -> None:
    finding = verdict(attempt(lr=1e-9, falling=False), attempt())
    assert outcome(finding) == ("fail", True)
    assert "train.lr 1e-09 with adamw moves nothing" in finding.told
    assert finding.cure == "raise it: adamw at 0.001 learned the batch"


def test_a_rate_at_which_losses_rise_is_told_with_one_that_learns() -> None:
    finding = verdict(attempt(lr=1.0, last=3.0), attempt())
    assert outcome(finding) == ("fail", True)
    assert finding.cure == "lower it: adamw at 0.001 learned the batch"


def test_a_rate_that_is_slow_is_worth_a_look() -> None:
    assert outcome(verdict(attempt(lr=1e-5, last=0.95), attempt())) == ("warn", True)


def test_what_learns_at_no_rate_is_no_matter_of_the_rate() -> None:
    finding = verdict(attempt(falling=False), attempt(falling=False))
    assert outcome(finding) == ("fail", True)
    assert "did not fall, whatever the rate" in finding.told


def test_too_few_steps_are_no_verdict() -> None:
    assert verdict(attempt(falling=False, steps=10)).state == "skipped"


def test_a_divergence_is_told_with_its_losses() -> None:
    finding = verdict(replace(attempt(), diverged="loss_mask nan"), attempt())
    assert outcome(finding) == ("fail", True)
    assert "loss_mask nan" in finding.told
    assert "lower train.lr" in finding.cure


def test_all_that_is_frozen_learns_nothing() -> None:
    finding = verdict(attempt(falling=False, learning=False))
    assert outcome(finding) == ("fail", True)
    assert "nothing learns: all is frozen" in finding.told


def test_losses_of_frozen_modules_are_told_and_no_fault() -> None:
    found = attempt()
    rpn = {"loss_objectness", "loss_rpn_box_reg"}
    frozen = replace(
        found,
        courses={name: [0.5] * 24 if name in rpn else values for name, values in found.courses.items()},
        learning={name: name not in rpn for name in LOSSES},
    )
    finding = verdict(frozen)
    assert finding.state == "ok"
    assert "train.freeze leaves loss_objectness and loss_rpn_box_reg nothing to learn" in finding.told


def test_predictions_that_do_not_follow_the_losses_are_worth_a_look() -> None:
    assert outcome(verdict(replace(attempt(), after=0.1))) == ("warn", True)
