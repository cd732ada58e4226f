"""Where a training's frozen features come from: for each depth that it freezes, the network or the cache."""

from pathlib import Path

from rehead.dataset.split import Split
from rehead.detector.plan import FreezeDepth
from rehead.feature_cache.decision import Decision, decide
from rehead.feature_cache.opening import open_trunk, prospect_of
from rehead.training.learner import Learner

FOLDER = Path("data/features")
"""Of every training in a project: whoever freezes the same trunk over the same images reads the same features."""


def open_features(learner: Learner, split: Split, folder: Path, *, trainings: int = 1) -> Decision:
    """Let a learner take frozen features from the cache below `folder` where its plan wants that.

    `trainings` are those that are to come, this one included, which share what they freeze and the images. Raises
    ValueError where train.feature_cache is on and no epoch shows images in a finite number of views.
    """
    plan = learner.plan
    epochs = _cacheable_epochs(learner)
    if plan.feature_cache == "off":
        return Decision(False, "train.feature_cache is off")
    if not epochs:
        return _nothing_to_keep(learner)
    decisions: dict[FreezeDepth, Decision] = {}
    for depth, count in epochs.items():
        trunk = learner.trunks[depth] = open_trunk(learner.detector, depth, split, folder, cap_gb=plan.feature_cache_gb)
        if plan.feature_cache == "on":
            decisions[depth] = Decision(True, "train.feature_cache is on")
        else:
            prospect = prospect_of(trunk, plan.augment, epochs=count * trainings)
            decisions[depth] = decide(prospect, cap_gb=plan.feature_cache_gb)
    learner.cached = tuple(depth for depth, decision in decisions.items() if decision.use)
    return Decision(
        bool(learner.cached), "; ".join(f"{depth}: {decision.reason}" for depth, decision in decisions.items())
    )


def _cacheable_epochs(learner: Learner) -> dict[FreezeDepth, int]:
    """Count by depth the epochs in which something is frozen and an image is only ever seen in one of few views."""
    plan = learner.plan
    epochs: dict[FreezeDepth, int] = {}
    for epoch in range(1, plan.epochs + 1):
        depth = plan.freeze_at(epoch)
        if depth != "none" and plan.augment_at(epoch).finite:
            epochs[depth] = epochs.get(depth, 0) + 1
    return epochs


def _nothing_to_keep(learner: Learner) -> Decision:
    frozen = learner.plan.freeze != "none"
    reason = "train.augment makes other pictures each epoch" if frozen else "nothing is frozen (train.freeze)"
    if learner.plan.feature_cache == "on":
        raise ValueError(
            f"train.feature_cache is on, but {reason}, so no feature would be used twice: keep to flip_horizontal, "
            "flip_vertical and transpose, lower strong_until, or set feature_cache to auto"
        )
    return Decision(False, reason)
