"""How a model enters the registry: the `register` section of params.yaml."""

from typing import Literal

from pydantic import Field

from rehead.params import Section


class RegisterPlan(Section):
    """The registered model's name, and when its newest version becomes the champion."""

    name: str = Field("rehead", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")
    """The model's name in MLflow: models:/NAME."""
    promote: Literal["better", "always", "never"] = "better"
    """`better`: when its mask AP on the same test split is higher; `always`: whatever it scores; `never`: by hand."""
    max_megapixels: int = Field(25, ge=1, le=100)
    """The largest image that the served model takes."""
    score_threshold: float | None = Field(None, ge=0.0, le=1.0)
    """The lowest score that it answers with, for requests that do not say otherwise; null takes each class's threshold
    from the evaluation, see evaluate.threshold."""
    margin: float = Field(0.0, ge=0.0, le=1.0)
    """How much higher than the champion's the mask AP must be, for `better`."""
