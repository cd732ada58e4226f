"""How much each loss counts: a part of the `train` section."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from rehead.params import Section

Weight = Annotated[float, Field(ge=0.0, le=1000.0)]


class LossWeights(Section):
    """What each of the five losses counts in their sum, which is minimised; 0 switches one off."""

    classifier: Weight = 1.0
    """The box head's: which class."""
    box_reg: Weight = 1.0
    """The box head's: where the box ends."""
    mask: Weight = 1.0
    """The mask head's: which pixels are the object."""
    objectness: Weight = 1.0
    """The RPN's: whether an anchor holds an object."""
    rpn_box_reg: Weight = 1.0
    """The RPN's: where its proposal ends."""

    @model_validator(mode="after")
    def _something_to_learn(self) -> Self:
        if not any(self.model_dump().values()):
            raise ValueError(f"all are 0, so nothing would be learned; give one of {', '.join(self.model_dump())} more")
        return self

    def of(self, loss: str) -> float:
        """Give the weight of a loss by the model's name for it, such as loss_mask."""
        return float(getattr(self, loss.removeprefix("loss_")))
