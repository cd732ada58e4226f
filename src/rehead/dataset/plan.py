"""How samples are varied: the `train.augment` part of params.yaml."""

from pydantic import Field

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
