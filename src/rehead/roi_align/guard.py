"""A pooler that refuses what would crash torchvision's native RoIAlign.

The operator reads outside its memory (SIGSEGV, no traceback) for boxes that hold NaN or infinity, for finite ones
whose width overflows, and for a feature map without pixels; behind a level assignment NaN comes back as silent zeros.
The guard looks first and raises, so that a diverged training ends with a message.

torchvision infers the scale of each map from the image's size before padding, and keeps what it finds at its first
image: for images 33 to 45 or 65 to 67 pixels high that is twice too large, for every later image as well. The guard
hands it the padded size.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.ops import MultiScaleRoIAlign
from torchvision.ops._utils import convert_boxes_to_roi_format
from torchvision.ops.poolers import _setup_scales

from rehead.roi_align.rows import pool_rows

FARTHEST_PIXELS = 1e5
"""No image side reaches this (a JPEG ends at 65,535), and adaptive sampling of a larger box exhausts the memory."""


PADDING_PIXELS = 32
"""torchvision pads each batch to a multiple of this before the backbone sees it."""


class GuardedRoIAlign(MultiScaleRoIAlign):
    """torchvision's pooler, same arguments and state, that checks boxes and feature maps before it pools.

    The maps must come from images padded to a multiple of PADDING_PIXELS, as torchvision's transform leaves them.
    """

    rows: bool = True
    """Whether training may pool by rows, where that is several times faster: on a CPU."""

    def forward(self, x: dict[str, Tensor], boxes: list[Tensor], image_shapes: list[tuple[int, int]]) -> Tensor:
        """Pool boxes (x1, y1, x2, y2) in image pixels from the named maps; returns K,C,H,W.

        Raises FloatingPointError for a box that is not finite; ValueError for one that is reversed or farther than
        any image reaches, and for a feature map without pixels. While a graph is traced or exported nothing is
        checked: the check would become a constant of the graph.
        """
        if not _traced():
            refuse_empty_maps([(name, x[name]) for name in self.featmap_names if name in x])
            refuse_faulty_boxes(boxes)
        return self.read(x, boxes, [(_padded(height), _padded(width)) for height, width in image_shapes])

    def read(self, x: dict[str, Tensor], boxes: list[Tensor], padded: list[tuple[int, int]]) -> Tensor:
        """Pool what the guard let through, given each image's size as the backbone saw it."""
        maps = [x[name] for name in x if name in self.featmap_names]
        if not self._pays_by_rows(maps):
            return super().forward(x, boxes, padded)
        scales, level_of = _setup_scales(maps, padded, self.canonical_scale, self.canonical_level)
        rois_k5, size = convert_boxes_to_roi_format(boxes), self.output_size
        return pool_rows(maps, scales, rois_k5, level_of(boxes), size=size, samples=self.sampling_ratio)

    def _pays_by_rows(self, maps: Sequence[Tensor]) -> bool:
        suited = all(each.device.type == "cpu" and each.dtype in (torch.float32, torch.float64) for each in maps)
        learns = self.training and torch.is_grad_enabled() and not _traced()
        return self.rows and learns and suited and self.sampling_ratio > 0


def _traced() -> bool:
    return bool(torch.jit.is_tracing() or torch.compiler.is_compiling())  # type: ignore[attr-defined]


def _padded(side: int) -> int:
    """Round a side up as the detector's transform does."""
    return -(-side // PADDING_PIXELS) * PADDING_PIXELS


def refuse_empty_maps(maps: Sequence[tuple[str, Tensor]]) -> None:
    """Raise ValueError if there is no feature map, or one (N,C,H,W) of no height or width."""
    if not maps:
        raise ValueError(
            "The pooler got no feature map: name the pooler's featmap_names as the backbone names its outputs"
        )
    for name, features in maps:
        if 0 in features.shape[-2:]:
            raise ValueError(
                f"The pooler got feature map {name!r} of shape {tuple(features.shape)}, which has no pixels: "
                "the image is too small for this level, enlarge model.input_size"
            )


def refuse_faulty_boxes(boxes: Sequence[Tensor]) -> None:
    """Raise with the number of faulty boxes (each image's: K,4) and the first one, counted over all images.

    FloatingPointError if a box is not finite; ValueError if its far corner lies before the near one, or if it lies
    beyond FARTHEST_PIXELS. Good boxes cost one comparison and one wait for the device.
    """
    if not boxes:
        return
    joined_k4 = torch.cat([image_boxes.detach().reshape(-1, 4) for image_boxes in boxes])
    near_k4, ordered_k2 = joined_k4.abs() <= FARTHEST_PIXELS, joined_k4[:, 2:] >= joined_k4[:, :2]
    if bool(near_k4.all() & ordered_k2.all()):
        return
    _refuse(
        joined_k4,
        ~torch.isfinite(joined_k4).all(dim=1),
        FloatingPointError,
        "are not finite",
        "the weights have probably diverged, lower train.lr",
    )
    _refuse(
        joined_k4,
        ~near_k4.all(dim=1),
        ValueError,
        f"lie beyond {FARTHEST_PIXELS:.0f} pixels",
        "boxes are (x1, y1, x2, y2) in pixels of the image",
    )
    _refuse(
        joined_k4,
        ~ordered_k2.all(dim=1),
        ValueError,
        "end before they begin",
        "boxes are (x1, y1, x2, y2), not (x, y, width, height)",
    )


def _refuse(boxes_k4: Tensor, faulty_k: Tensor, error: type[Exception], fault: str, remedy: str) -> None:
    """Raise `error` if any box is marked as faulty."""
    count = int(faulty_k.sum())
    if count:
        first = int(faulty_k.nonzero()[0])
        raise error(
            f"The pooler got {count} of {len(boxes_k4)} boxes that {fault}, the first is box {first}: "
            f"{boxes_k4[first].tolist()}; {remedy}"
        )
