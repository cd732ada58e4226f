"""What a package fixes for every request: `serving.json`, beside the detector in the model folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rehead.evaluation.plan import ViewPlan
from rehead.files import read_json
from rehead.serving.images import MAX_PIXELS


@dataclass(frozen=True)
class Settings:
    """The limits of a request, from which score on an object is answered, and how an image is looked at."""

    score_threshold: float = 0.5
    """For classes that `thresholds` does not name."""
    max_pixels: int = MAX_PIXELS
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Least score of each class, by name."""
    augment: ViewPlan | None = None
    """The views in which every image is looked at; None is the image as it is."""

    def least(self, classes: Sequence[str], wished: float | None = None) -> list[float]:
        """Give the least score of each class: the one wished for, or else its own."""
        if wished is not None:
            return [wished] * len(classes)
        return [self.thresholds.get(name, self.score_threshold) for name in classes]

    def as_dict(self) -> dict[str, Any]:
        """Give them as JSON values; what older packages did not know is left out where nothing is set."""
        views = None if self.augment is None else self.augment.model_dump(mode="json")
        values = asdict(self) | {"thresholds": dict(self.thresholds), "augment": views}
        return {name: value for name, value in values.items() if value not in (None, {})}


def read_settings(path: Path) -> Settings:
    """Read a package's settings, of older packages too. Raises ValueError for views that make no sense."""
    values = read_json(path)
    views = values.pop("augment", None)
    return Settings(**values, augment=None if views is None else ViewPlan(**views))
