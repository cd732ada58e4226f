"""A pooler that refuses what would crash torchvision's native RoIAlign.

The operator reads outside its memory (SIGSEGV, no traceback) for a box with NaN or infinity in it and for a feature
map without pixels. The guard looks first and raises, so that a diverged training ends with a message.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.ops import MultiScaleRoIAlign


class GuardedRoIAlign(MultiScaleRoIAlign):  # type: ignore[misc]
    """torchvision's pooler, same arguments and state, that checks boxes and feature maps before it pools."""

    def forward(self, x: dict[str, Tensor], boxes: list[Tensor], image_shapes: list[tuple[int, int]]) -> Tensor:
        """Pool boxes (x1, y1, x2, y2) in image pixels from the named maps; returns K,C,H,W.

        Raises FloatingPointError for a box that is not finite, ValueError for a feature map without pixels. While a
        graph is traced or exported nothing is checked: the check would become a constant of the graph.
        """
        if not (torch.jit.is_tracing() or torch.compiler.is_compiling()):
            refuse_empty_maps([(name, x[name]) for name in self.featmap_names if name in x])
            refuse_non_finite_boxes(boxes)
        return super().forward(x, boxes, image_shapes)  # type: ignore[no-any-return]


def refuse_empty_maps(maps: Sequence[tuple[str, Tensor]]) -> None:
    """Raise ValueError if there is no feature map, or one (N,C,H,W) of no height or width."""
    if not maps:
        raise ValueError("RoIAlign got no feature map: name the pooler's featmap_names as the backbone names its outputs")
    for name, features in maps:
        if 0 in features.shape[-2:]:
            raise ValueError(
                f"RoIAlign got feature map {name!r} of shape {tuple(features.shape)}, which has no pixels: "
                "the image is too small for this level, enlarge model.input_size"
            )


def refuse_non_finite_boxes(boxes: Sequence[Tensor]) -> None:
    """Raise FloatingPointError with the number of boxes that hold NaN or infinity and the first one of them."""
    joined_k4 = torch.cat([image_boxes.reshape(-1, 4) for image_boxes in boxes]) if boxes else torch.zeros(0, 4)
    faulty_k = ~torch.isfinite(joined_k4).all(dim=1)
    if not bool(faulty_k.any()):
        return
    first = int(faulty_k.nonzero()[0])
    raise FloatingPointError(
        f"RoIAlign got {int(faulty_k.sum())} of {len(joined_k4)} boxes that are not finite, the first is box {first}: "
        f"{joined_k4[first].tolist()}; the network's weights have probably diverged, lower train.lr"
    )
