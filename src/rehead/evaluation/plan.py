"""How to evaluate: the `evaluate` section of params.yaml."""

from pydantic import Field

from rehead.params import Section


class EvaluationPlan(Section):
    """Resampling for the confidence intervals, and what is drawn; none of it changes a score."""

    resamples: int = Field(500, ge=0, le=100_000)
    """Bootstrap resamples of the test images; 0 leaves the intervals out."""
    confidence: float = Field(0.95, gt=0.5, lt=1.0)
    overlays: int = Field(12, ge=0, le=200)
    """Test images drawn with predictions beside truth."""
    overlay_threshold: float = Field(0.5, ge=0.0, le=1.0)
    """Lowest score of a drawn prediction."""
    seed: int = Field(0, ge=0)
