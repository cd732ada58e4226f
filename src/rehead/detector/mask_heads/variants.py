"""Every mask head that a plan may name."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from rehead.detector.mask_heads.fcn import Fcn28Predictor, Fcn56Predictor, Fcn112Predictor, build_convolutions
from rehead.detector.mask_heads.predictor import MaskPredictor, MaskSize
from rehead.detector.plan import MaskHeadName


@dataclass(frozen=True)
class MaskHead:
    """The two networks of a mask branch: convolutions on the pooled features, then the predictor."""

    predictor: Callable[[MaskSize], MaskPredictor]
    convolutions: Callable[[MaskSize], nn.Module] = build_convolutions


MASK_HEADS: dict[MaskHeadName, MaskHead] = {
    "fcn_28": MaskHead(Fcn28Predictor),
    "fcn_56": MaskHead(Fcn56Predictor),
    "fcn_112": MaskHead(Fcn112Predictor),
}
