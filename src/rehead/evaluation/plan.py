"""How to evaluate: the `evaluate` section of params.yaml."""

from typing import Any, Literal

from pydantic import Field, field_validator

from rehead.params import Section

ThresholdRule = Literal["f1"] | float | dict[Literal["precision", "recall"], float]
"""`f1`, a score, or `{precision: 0.9}` or `{recall: 0.95}`: what a class's threshold shall reach."""
MOST_VIEWS = 24


class ViewPlan(Section):
    """The views in which one image is looked at: as it is and turned, each at every scale.

    An image costs as many looks of the network as there are views. Turns that training never showed do harm.
    """

    flip_horizontal: bool = False
    """Also the mirror image."""
    flip_vertical: bool = False
    """Also upside down; for objects with no up and down, trained so too."""
    transpose: bool = False
    """Also with rows and columns swapped, trained so too."""
    scales: tuple[float, ...] = Field((1.0,), max_length=8)
    """Sizes at which the network sees the image, as factors of model.input_size; 1.0 is one of them."""

    @field_validator("scales")
    @classmethod
    def _sound(cls, scales: tuple[float, ...]) -> tuple[float, ...]:
        if 1.0 not in scales or len(set(scales)) < len(scales) or not all(0.25 <= scale <= 4.0 for scale in scales):
            raise ValueError("give different factors from 0.25 to 4 with 1.0 among them, as [0.8, 1.0, 1.25]")
        return tuple(sorted(scales, key=lambda scale: scale != 1.0))

    @property
    def turns(self) -> tuple[bool, bool, bool]:
        """Give what turns there are, in the order of a view."""
        return self.flip_horizontal, self.flip_vertical, self.transpose

    @property
    def count(self) -> int:
        """Count the views."""
        return int(2 ** sum(self.turns)) * len(self.scales)

    @property
    def pixels(self) -> float:
        """Say how many times the pixels of one look the network sees, but for the rounding of sides."""
        return 2 ** sum(self.turns) * sum(scale**2 for scale in self.scales)

    @property
    def name(self) -> str:
        """Say it in words, such as "6 views (mirrored, scales 0.8, 1, 1.25)"."""
        words = [word for word, done in zip(("mirrored", "upside down", "transposed"), self.turns, strict=True) if done]
        if len(self.scales) > 1:
            words.append("scales " + ", ".join(f"{scale:g}" for scale in sorted(self.scales)))
        return f"{self.count} views ({', '.join(words)})"


class EvaluationPlan(Section):
    """How test images are looked at, what is drawn, and from which score on an object counts as found."""

    resamples: int = Field(500, ge=0, le=100_000)
    """Bootstrap resamples of the test images; 0 leaves the intervals out."""
    confidence: float = Field(0.95, gt=0.5, lt=1.0)
    """Share of cases in which an interval holds the true value."""
    overlays: int = Field(12, ge=0, le=200)
    """Test images in the report, and drawn as files: worst, best, most surprising, and those with doubtful labels."""
    threshold: ThresholdRule = "f1"
    """How each class's least score is chosen on the validation split: `f1`, where F1 is highest; `{precision: 0.9}`,
    where most is found with that precision; `{recall: 0.95}`, where that share is found most precisely; or a score for
    all classes. Precision and recall are those of masks at IoU 0.5. The served model answers by these thresholds."""
    augment: ViewPlan | None = None
    """`off`, or the further views in which images are looked at: `{flip_horizontal: true, scales: [0.8, 1.0, 1.25]}`.
    What scores is what is served: a model that was evaluated so looks so at every request, and takes as much longer."""
    seed: int = Field(0, ge=0)
    """Which images each resample draws."""

    @field_validator("threshold", mode="before")
    @classmethod
    def _rule(cls, rule: Any) -> Any:
        match rule:
            case "f1":
                return rule
            case bool():
                pass
            case float() | int() if 0.0 <= rule <= 1.0:
                return float(rule)
            case {"precision": float() | int() as share} | {"recall": float() | int() as share}:
                if len(rule) == 1 and 0.0 < share <= 1.0 and not isinstance(share, bool):
                    return rule
        raise ValueError("give f1, a score from 0 to 1, {precision: 0.9} or {recall: 0.95}")

    @field_validator("augment", mode="before")
    @classmethod
    def _off(cls, views: Any) -> Any:
        return None if views == "off" or views is False else views

    @field_validator("augment")
    @classmethod
    def _some(cls, views: ViewPlan | None) -> ViewPlan | None:
        if views is not None and not 1 < views.count <= MOST_VIEWS:
            raise ValueError(f"these are {views.count} views of an image: name 2 to {MOST_VIEWS}, or off")
        return views
