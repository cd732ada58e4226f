"""Where a training's frozen features come from: for each depth that it freezes, the network or the cache."""

from collections import Counter
from pathlib import Path

from rehead.dataset.split import Split
from rehead.detector.freezing import learns_norms
from rehead.detector.plan import FreezeDepth
from rehead.feature_cache.cached_trunk import CachedTrunk
from rehead.feature_cache.decision import Decision, decide
from rehead.feature_cache.opening import open_trunk, prospect_of
from rehead.training.learner import Learner
from rehead.training.plan import TrainPlan


def open_features(learner: Learner, split: Split, folder: Path, *, trainings: int = 1) -> Decision:
    """Let a learner take frozen features from the cache below `folder` where its plan wants that.

    `trainings` are those that are to come, this one included, which share what they freeze and the images. Raises
    ValueError where train.feature_cache is on and no epoch shows images in a finite number of views.
    """
    plan, epochs = learner.plan, _cacheable_epochs(learner.plan)
    if plan.feature_cache == "off":
        return Decision(False, "train.feature_cache is off")
    if not epochs:
        return _nothing_to_keep(plan)
    learner.trunks = {depth: _trunk(learner, depth, split, folder) for depth in epochs}
    decisions = learner.group.shared(
        lambda: {depth: _decision(plan, learner.trunks[depth], epochs=epochs[depth] * trainings) for depth in epochs}
    )
    learner.cached = tuple(depth for depth, decision in decisions.items() if decision.use)
    reasons = (f"{depth}: {decision.reason}" for depth, decision in decisions.items())
    return Decision(bool(learner.cached), "; ".join(reasons))


def _trunk(learner: Learner, depth: FreezeDepth, split: Split, folder: Path) -> CachedTrunk:
    """Keep features in half precision, but not for a batch norm: of a few pixels it makes much of a rounding."""
    half, cap_gb = not learns_norms(learner.detector, depth), learner.plan.feature_cache_gb
    return open_trunk(learner.detector, depth, split, folder, cap_gb=cap_gb, half=half)


def _cacheable_epochs(plan: TrainPlan) -> dict[FreezeDepth, int]:
    """Count by depth the epochs in which something is frozen and an image is only ever seen in one of few views."""
    depths = (plan.freeze_at(n) for n in range(1, plan.epochs + 1) if plan.augment_at(n).finite)
    return dict(Counter(depth for depth in depths if depth != "none"))


def _decision(plan: TrainPlan, trunk: CachedTrunk, *, epochs: int) -> Decision:
    if plan.feature_cache == "on":
        return Decision(True, "train.feature_cache is on")
    return decide(prospect_of(trunk, plan.augment, epochs=epochs))


def _nothing_to_keep(plan: TrainPlan) -> Decision:
    reason = "nothing is frozen" if plan.freeze == "none" else "train.augment makes other pictures in each epoch"
    if plan.feature_cache == "on":
        raise ValueError(
            f"train.feature_cache is on, but {reason}, so no feature would be used twice: set it to auto, or keep to "
            "flip_horizontal, flip_vertical and transpose in train.augment, or let its strong_until end earlier"
        )
    return Decision(False, reason)
