"""How samples are varied: the `train.augment` part of params.yaml."""

from itertools import product
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from rehead.params import Section

if TYPE_CHECKING:
    from rehead.dataset.views import View

Balance = Literal["off", "classes"]
"""How often images come in an epoch: each once, or those with rare classes more often."""


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
    saturation: float = Field(0.0, ge=0.0, le=1.0)
    """Largest change of saturation, as a share."""
    hue: float = Field(0.0, ge=0.0, le=0.5)
    """Largest turn of the hue, as a share of the colour circle; for objects that their colour does not tell apart."""
    scale: float | tuple[float, float] = 0.0
    """Smallest and largest factor of size, or s for 1 - s to 1 + s; the canvas stays, so a larger picture is cut."""
    crop: float = Field(0.0, ge=0.0, le=1.0)
    """Chance of seeing only a part, from half to all of each side, with at least one object in it."""
    copy_paste: float = Field(0.0, ge=0.0, le=1.0)
    """Chance that objects of another training image are laid over this one (Ghiasi et al. 2021)."""
    strong_until: float = Field(0.8, ge=0.0, le=1.0)
    """Share of the epochs after which pictures are only mirrored and turned, as the model will meet them."""

    @field_validator("scale", mode="before")
    @classmethod
    def _sound(cls, scale: Any) -> Any:
        match scale:
            case float() | int() if 0.0 <= scale <= 0.9:
                return float(scale)
            case [float() | int() as low, float() | int() as high] if 0.1 <= low <= high <= 4.0:
                return scale
        raise ValueError("give a share from 0 to 0.9, or the smallest and largest factor within 0.1 to 4, as [0.5, 2]")

    @property
    def scales(self) -> tuple[float, float]:
        """Give the smallest and the largest factor of size."""
        return self.scale if isinstance(self.scale, tuple) else (1.0 - self.scale, 1.0 + self.scale)

    def at(self, epoch: int, *, epochs: int) -> "AugmentPlan":
        """Give what holds in an epoch, counted from 1, of a training of so many."""
        if epoch - 1 < self.strong_until * epochs:
            return self
        return AugmentPlan(
            flip_horizontal=self.flip_horizontal, flip_vertical=self.flip_vertical, transpose=self.transpose
        )

    @property
    def turns(self) -> tuple[float, float, float]:
        """Give the chances of what a view does, in its order."""
        return self.flip_horizontal, self.flip_vertical, self.transpose

    @property
    def finite(self) -> bool:
        """Tell whether an image is only ever seen in one of `views`."""
        shades = (self.brightness, self.contrast, self.saturation, self.hue)
        return not any((*shades, self.crop, self.copy_paste)) and self.scales == (1.0, 1.0)

    def views(self) -> tuple["View", ...]:
        """List all views that can be drawn."""
        from rehead.dataset.views import View  # torch: 4 to 14 s, of which a check of params.yaml needs nothing

        options = [[done for done, chance in ((False, 1 - turn), (True, turn)) if chance > 0] for turn in self.turns]
        return tuple(View(*each) for each in product(*options))
