"""Every mask head that a plan may name."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn
from torchvision.models.detection.roi_heads import RoIHeads

from rehead.detector.mask_heads import separable
from rehead.detector.mask_heads.agnostic import AgnosticPredictor
from rehead.detector.mask_heads.fcn import Fcn28Predictor, Fcn56Predictor, Fcn112Predictor, build_convolutions
from rehead.detector.mask_heads.pointrend import PointRendPredictor
from rehead.detector.mask_heads.predictor import MaskPredictor, MaskSize
from rehead.detector.plan import MaskHeadName
from rehead.detector.roi_heads import RefiningRoIHeads


@dataclass(frozen=True)
class MaskHead:
    """The two networks of a mask branch: convolutions on the pooled features, then the predictor."""

    predictor: Callable[[MaskSize], MaskPredictor]
    convolutions: Callable[[MaskSize], nn.Module] = build_convolutions
    roi_heads: Callable[[RoIHeads], RoIHeads] | None = None
    """What runs them in place of torchvision's RoI heads, if anything."""


MASK_HEADS: dict[MaskHeadName, MaskHead] = {
    "fcn_28": MaskHead(Fcn28Predictor),
    "fcn_56": MaskHead(Fcn56Predictor),
    "fcn_112": MaskHead(Fcn112Predictor),
    "separable_28": MaskHead(separable.SeparablePredictor, separable.build_convolutions),
    "agnostic_28": MaskHead(AgnosticPredictor),
    "pointrend_112": MaskHead(PointRendPredictor, roi_heads=RefiningRoIHeads),
}
