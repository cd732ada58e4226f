"""The sizes that each architecture has unless params.yaml says otherwise; they are known without torch."""

from dataclasses import dataclass
from math import ceil

from rehead.detector.plan import ArchName

SEEN_PIXELS = 16
"""Side in pixels that an object needs where the network sees it: four cells of the finest pyramid level."""
LARGEST_INPUT = 1024
"""Input beyond which a step costs too much; smaller objects are better seen in tiles."""
_DETECTIONS = (100, 2000)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Widths of the pyramid and the heads in channels, anchors and input in pixels; the defaults are torchvision's."""

    fpn_channels: int = 256
    box_head: int = 1024
    mask_layers: tuple[int, ...] = (256, 256, 256, 256)
    anchor_sizes: tuple[int, ...] = (32, 64, 128, 256, 512)
    input_size: int = 800
    proposals: int = 1000
    """Proposals that meet the box head in prediction."""


_SMALL = Sizes(
    fpn_channels=96,
    box_head=256,
    mask_layers=(64,),
    anchor_sizes=(16, 32, 64, 128, 256),
    input_size=320,
    proposals=300,
)
SIZES: dict[ArchName, Sizes] = {
    "maskrcnn_mobilenet_v2_fpn": _SMALL,
    "maskrcnn_mobilenet_v3_large_fpn": _SMALL,
    "maskrcnn_resnet18_fpn": Sizes(),
    "maskrcnn_resnet34_fpn": Sizes(),
    "maskrcnn_resnet50_fpn": Sizes(),
    "maskrcnn_resnet101_fpn": Sizes(),
    "maskrcnn_resnet50_fpn_v2": Sizes(),
}


def detections_for(objects: int) -> int:
    """Give how many detections to allow where the fullest image holds so many objects: a quarter more, of 2000."""
    return min(max(ceil(objects * 1.25 / 50) * 50, _DETECTIONS[0]), _DETECTIONS[1])
