"""Every mask head that a plan may name.

Parameters, and millions of multiply-adds for a box, with 4 classes (counted); and the time of a step of the mask branch
on 32 boxes beside the plain head's, on one CPU core (measured). The first column of each is for one convolution of 64
channels on maps of 96, as the MobileNet trunks have it, the second for four of 256 on maps of 256.

    ============== =================== ============== =============
    head           parameters          multiply-adds  time
    ============== =================== ============== =============
    fcn_28         72,133   2,624,005  14.3     515   1.0     1.0
    fcn_56         88,581   2,886,405  27.9     723   4.7     2.4
    fcn_112        105,029  3,148,805  82.3    1557   29      8.4
    separable_28   11,877     340,741   2.5      67   0.8     0.4
    agnostic_28    71,873   2,622,977  14.1     514   0.9     1.0
    pointrend_112  87,183   2,823,439  37.6     826   1.5     1.3
    ============== =================== ============== =============
"""

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
from rehead.detector.refining_heads import RefiningRoIHeads
from rehead.detector.roi_heads import BudgetRoIHeads


@dataclass(frozen=True)
class MaskHead:
    """The two networks of a mask branch: convolutions on the pooled features, then the predictor."""

    predictor: Callable[[MaskSize], MaskPredictor]
    convolutions: Callable[[MaskSize], nn.Module] = build_convolutions
    roi_heads: Callable[[RoIHeads], BudgetRoIHeads] = BudgetRoIHeads
    """What runs them in place of torchvision's RoI heads."""


MASK_HEADS: dict[MaskHeadName, MaskHead] = {
    "fcn_28": MaskHead(Fcn28Predictor),
    "fcn_56": MaskHead(Fcn56Predictor),
    "fcn_112": MaskHead(Fcn112Predictor),
    "separable_28": MaskHead(separable.SeparablePredictor, separable.build_convolutions),
    "agnostic_28": MaskHead(AgnosticPredictor),
    "pointrend_112": MaskHead(PointRendPredictor, roi_heads=RefiningRoIHeads),
}
