"""Who becomes champion: the rule alone, without a registry."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehead.registry.plan import RegisterPlan
from rehead.registry.promotion import Contender, judge

BETTER = RegisterPlan()
CHAMPION = Contender("c" * 64, 0.5, "fingerprint", ("seed", "nut"))
RIVAL = replace(CHAMPION, model_sha256="n" * 64, mask_AP=0.6)


def test_without_a_champion_the_first_is_promoted() -> None:
    assert judge(RIVAL, None, BETTER).promoted


def test_a_higher_mask_ap_is_promoted() -> None:
    assert judge(RIVAL, CHAMPION, BETTER).promoted


@pytest.mark.parametrize("score", [0.5, 0.4999999, 0.0])
def test_an_equal_or_lower_mask_ap_is_not_promoted(score: float) -> None:
    assert not judge(replace(RIVAL, mask_AP=score), CHAMPION, BETTER).promoted


def test_the_sentence_gives_both_scores() -> None:
    because = judge(RIVAL, CHAMPION, BETTER).because
    assert because == "mask AP 0.6000 against the champion's 0.5000 on the same test split: higher by 0.1000"


def test_a_gain_within_the_margin_is_not_promoted() -> None:
    assert not judge(RIVAL, CHAMPION, RegisterPlan(margin=0.2)).promoted


def test_a_gain_beyond_the_margin_is_promoted() -> None:
    assert judge(RIVAL, CHAMPION, RegisterPlan(margin=0.05)).promoted


@pytest.mark.parametrize("promote", ["better", "always"])
@pytest.mark.parametrize("score", [None, float("nan"), float("inf"), -1.0, 1.000001])
def test_what_is_no_score_is_never_promoted(score: float | None, promote: str) -> None:
    rule = RegisterPlan.model_validate({"promote": promote})
    assert not judge(replace(RIVAL, mask_AP=score), None, rule).promoted


@pytest.mark.parametrize("score", [None, float("nan"), float("inf"), -1.0, 2.0])
def test_a_champion_without_a_score_is_not_beaten_by_it(score: float | None) -> None:
    verdict = judge(RIVAL, replace(CHAMPION, mask_AP=score), BETTER)
    assert not verdict.promoted
    assert "champion's mask AP" in verdict.because


def test_scores_on_different_test_splits_do_not_compare() -> None:
    verdict = judge(RIVAL, replace(CHAMPION, dataset_fingerprint="another"), BETTER)
    assert not verdict.promoted
    assert "another test split" in verdict.because


def test_models_of_different_classes_do_not_compare() -> None:
    verdict = judge(RIVAL, replace(CHAMPION, classes=("nut", "seed")), BETTER)
    assert not verdict.promoted
    assert "its classes (seed, nut) are not the champion's (nut, seed)" in verdict.because


def test_what_does_not_compare_comes_with_the_way_out() -> None:
    assert "`always`" in judge(RIVAL, replace(CHAMPION, classes=("a",)), BETTER).because


def test_always_replaces_a_better_champion_of_other_classes() -> None:
    champion = replace(CHAMPION, mask_AP=0.9, classes=("a",), dataset_fingerprint="another")
    assert judge(RIVAL, champion, RegisterPlan(promote="always")).promoted


@pytest.mark.parametrize("champion", [None, CHAMPION])
def test_never_promotes_nobody(champion: Contender | None) -> None:
    assert not judge(RIVAL, champion, RegisterPlan(promote="never")).promoted


@pytest.mark.parametrize("promote", ["better", "always"])
def test_the_champion_is_not_promoted_again(promote: str) -> None:
    verdict = judge(CHAMPION, CHAMPION, RegisterPlan.model_validate({"promote": promote}))
    assert (verdict.promoted, verdict.because) == (False, "it is the champion already")


@given(st.floats(0, 1), st.floats(0, 1))
def test_two_models_never_both_beat_each_other(first: float, second: float) -> None:
    one, other = replace(RIVAL, mask_AP=first), replace(CHAMPION, mask_AP=second)
    assert not (judge(one, other, BETTER).promoted and judge(other, one, BETTER).promoted)
