"""RoIPool in the place of RoIAlign: the operator that Mask R-CNN replaced, there to be trained and compared with.

Fast R-CNN (Girshick 2015, section 2.1) rounds each box and each bin to whole feature pixels and takes the maximum.
Only what the heads read changes: the mask targets are still cut from the true masks with RoIAlign, inside torchvision's
mask loss, so a comparison shows what misplaced features cost and nothing else.
"""

import torch
from torch import Tensor
from torchvision.ops import roi_pool
from torchvision.ops.poolers import _setup_scales

from rehead.roi_align.guard import GuardedRoIAlign


class GuardedRoIPool(GuardedRoIAlign):
    """The same arguments, state, guard, padded sizes and level for each box; `sampling_ratio` means nothing here.

    It is a MultiScaleRoIAlign because torchvision's detectors take no other pooler. CUDA's gradient of RoIPool is not
    deterministic: torch.use_deterministic_algorithms(True) refuses it.
    """

    def read(self, x: dict[str, Tensor], boxes: list[Tensor], padded: list[tuple[int, int]]) -> Tensor:
        """Take each box's maxima from the map of its level; returns K,C,P,P, zero where a bin holds no pixel."""
        maps = [features for name, features in x.items() if name in self.featmap_names]
        scales, level_of = _setup_scales(maps, padded, self.canonical_scale, self.canonical_level)
        levels_k = level_of(boxes)
        by_image = levels_k.split([len(image_k4) for image_k4 in boxes])
        pooled = maps[0].new_zeros(len(levels_k), maps[0].shape[1], *self.output_size)
        for level, (features, scale) in enumerate(zip(maps, scales, strict=True)):
            of_level = [image_k4[levels == level] for image_k4, levels in zip(boxes, by_image, strict=True)]
            # Under autocast maps are of lower precision than boxes, and RoIPool, unlike RoIAlign, takes no two at once.
            read = roi_pool(features.to(boxes[0].dtype), of_level, self.output_size, scale)
            pooled[torch.where(levels_k == level)] = read.to(pooled.dtype)
        return pooled
