"""Whether a retraining cycle is worth its time: facts in, decision and reason out; no clock, file or registry."""

from dataclasses import dataclass

from pydantic import Field

from rehead.params import Section


class RetrainPlan(Section):
    """The `retrain` section of params.yaml."""

    minutes: float = Field(120, gt=0, le=60 * 24 * 14)
    """A cycle that takes longer is ended, children and all."""
    new_images: int = Field(0, ge=0)
    """Train only if the dataset grew by at least so many images; 0 trains on any change."""
    failures: int = Field(3, ge=0)
    """After so many failed cycles in a row on one commit and one dataset, wait for a change; 0 never waits."""


@dataclass(frozen=True, kw_only=True)
class DatasetFacts:
    """What tells two canonical datasets apart: a hash over all splits, and the number of images in them."""

    fingerprint: str
    images: int


@dataclass(frozen=True, kw_only=True)
class Past:
    """What an earlier cycle worked on."""

    number: int
    commit: str
    dataset: DatasetFacts | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Today's commit and dataset, the last cycle that succeeded, and the failures since that had the same input."""

    commit: str
    dataset: DatasetFacts
    succeeded: Past | None
    failed: int


@dataclass(frozen=True)
class Decision:
    """Whether to train, and the reason in words."""

    train: bool
    because: str


def decide(facts: Facts, plan: RetrainPlan) -> Decision:
    """Weigh what changed since the last success against the plan."""
    if plan.failures and facts.failed >= plan.failures:
        return Decision(
            False,
            f"the last {facts.failed} cycles failed on this commit and dataset; `rehead retrain --force` tries again",
        )
    last = facts.succeeded
    if last is None or last.dataset is None:
        return Decision(True, "no cycle has succeeded yet")
    if last.commit != facts.commit:
        return Decision(True, f"the commit changed from {last.commit[:9]} to {facts.commit[:9]}")
    if last.dataset.fingerprint == facts.dataset.fingerprint:
        return Decision(False, f"neither the commit nor the dataset changed since cycle {last.number}")
    grown = facts.dataset.images - last.dataset.images
    if grown < plan.new_images:
        return Decision(False, f"the dataset grew by {grown} images, fewer than retrain.new_images ({plan.new_images})")
    return Decision(True, f"the dataset changed since cycle {last.number} ({grown:+d} images)")
