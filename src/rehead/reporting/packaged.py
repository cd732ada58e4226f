"""What a packaged model of ours tells of itself in MLflow's metadata; a model of any other origin tells nothing."""

from collections.abc import Iterable
from typing import Any


def own_thresholds(model: Any, classes: Iterable[str]) -> dict[str, float]:
    """Read by which score of each class a packaged model of ours answers; {} of any other model."""
    told = _told_by(model)
    of_others = dict.fromkeys(classes, told["score_threshold"]) if "score_threshold" in told else {}
    return of_others | dict(told.get("thresholds") or {})


def own_limit(model: Any) -> int:
    """Read how many detections of an image a packaged model of ours answers with; COCO's 100 of any other model."""
    return int(_told_by(model).get("max_detections", 100))


def _told_by(model: Any) -> dict[str, Any]:
    """Read what a packaged model says of itself; {} of none, and of one that says nothing."""
    return getattr(getattr(model, "metadata", None), "metadata", None) or {}
