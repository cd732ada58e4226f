"""How samples are varied: the `train.augment` part of params.yaml."""

from itertools import product

from pydantic import Field

from rehead.dataset.views import View
from rehead.params import Section


class AugmentPlan(Section):
    """How samples are varied in training."""

    flip_horizontal: float = Field(0.5, ge=0.0, le=1.0)
    """Chance of a mirror image."""
    flip_vertical: float = Field(0.0, ge=0.0, le=1.0)
    """Chance of turning upside down; for objects with no up and down, such as cells or parts on a belt."""
    transpose: float = Field(0.0, ge=0.0, le=1.0)
    """Chance of swapping rows and columns; with both flips, any quarter turn."""
    brightness: float = Field(0.0, ge=0.0, lt=1.0)
    """Largest change of brightness, as a share."""
    contrast: float = Field(0.0, ge=0.0, lt=1.0)
    """Largest change of contrast, as a share."""

    @property
    def turns(self) -> tuple[float, float, float]:
        """Give the chances of what a view does, in its order."""
        return self.flip_horizontal, self.flip_vertical, self.transpose

    @property
    def finite(self) -> bool:
        """Tell whether an image is only ever seen in one of `views`."""
        return not (self.brightness or self.contrast)

    def views(self) -> tuple[View, ...]:
        """List all views that can be drawn."""
        options = [[done for done, chance in ((False, 1 - turn), (True, turn)) if chance > 0] for turn in self.turns]
        return tuple(View(*each) for each in product(*options))
