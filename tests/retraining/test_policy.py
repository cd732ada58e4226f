"""The retraining policy decides from facts alone."""

import pytest

from rehead.retraining.policy import DatasetFacts, Facts, Past, RetrainPlan, decide

OLD = DatasetFacts(fingerprint="a", images=100)
LAST = Past(number=4, commit="c" * 40, dataset=OLD)


def facts(
    *, commit: str = "c" * 40, dataset: DatasetFacts = OLD, succeeded: Past | None = LAST, failed: int = 0
) -> Facts:
    return Facts(commit=commit, dataset=dataset, succeeded=succeeded, failed=failed)


def test_the_first_cycle_trains() -> None:
    assert decide(facts(succeeded=None), RetrainPlan()).train


def test_nothing_new_is_not_trained_again() -> None:
    decision = decide(facts(), RetrainPlan())
    assert (decision.train, decision.because) == (False, "neither the commit nor the dataset changed since cycle 4")


def test_a_new_commit_trains_and_is_named() -> None:
    decision = decide(facts(commit="d" * 40), RetrainPlan())
    assert (decision.train, decision.because) == (True, "the commit changed from ccccccccc to ddddddddd")


def test_changed_annotations_on_the_same_images_train() -> None:
    assert decide(facts(dataset=DatasetFacts(fingerprint="b", images=100)), RetrainPlan()).train


@pytest.mark.parametrize(("images", "trains"), [(109, False), (110, True)])
def test_growth_is_weighed_against_new_images(images: int, trains: bool) -> None:
    dataset = DatasetFacts(fingerprint="b", images=images)
    assert decide(facts(dataset=dataset), RetrainPlan(new_images=10)).train is trains


@pytest.mark.parametrize(("failed", "limit", "trains"), [(2, 3, True), (3, 3, False), (50, 0, True)])
def test_failing_again_and_again_waits_for_a_change(failed: int, limit: int, trains: bool) -> None:
    assert decide(facts(commit="d" * 40, failed=failed), RetrainPlan(failures=limit)).train is trains
