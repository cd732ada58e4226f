"""A region proposal network that learns at the sampled anchors alone.

torchvision's network computes its head at every place of every map, keeps all of it for the gradient, and then reads a
few hundred anchors. Here the head runs over the maps without a gradient, for the proposals, and with one on the patches
of the maps that the sampled anchors see: 3 x 3 pixels for one convolution, 5 x 5 for two. Losses and gradients are the
same to rounding, and the way back costs what the anchors cost.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RegionProposalNetwork, concat_box_prediction_layers

from rehead.detector.matching import match_anchors
from rehead.detector.sampling import draw_sample

_SMOOTH_L1_BETA = 1 / 9
_LEAST_COUNT = 1e-6
_PAYS_BELOW = 0.5
"""Share of the dense head's multiply-adds below which patches are faster."""

Targets = list[dict[str, Any]]


class SampledRPN(RegionProposalNetwork):
    """torchvision's network with a cheaper loss; state dict, predictions and random numbers are its own.

    A target may hold `generator`, a torch.Generator on the model's device, by which its image's anchors are drawn.
    """

    sparse: bool = True
    """Whether losses may be computed on patches, where that is less work."""
    shared_count: Callable[[Tensor], Tensor]
    """Turns the count of anchors, by which both losses are divided, into the one to divide by; called once a step.

    As built, the identity. Where P processes average their gradients it gives the sum over them divided by P.
    """

    def __init__(self, plain: RegionProposalNetwork) -> None:
        """Take over the parts and settings of torchvision's network."""
        nn.Module.__init__(self)
        self.__dict__.update(plain.__dict__)
        self.shared_count = _own_count

    def forward(
        self, images: ImageList, features: dict[str, Tensor], targets: Targets | None = None
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Give each image's proposals, and in training the losses; both as torchvision's network does."""
        if not self.training:
            return super().forward(images, features, targets)
        assert targets is not None, "training needs targets"
        maps = list(features.values())
        # In float32 whatever the maps are in: bfloat16 knows places around 500 to 2 pixels.
        anchors = self.anchor_generator(images, [level.float() for level in maps])
        drawn, goals = self._draw(anchors, targets)
        learns = torch.is_grad_enabled() and any(value.requires_grad for value in (*maps, *self.head.parameters()))
        on_patches = learns and self._pays(maps, len(drawn))
        with torch.set_grad_enabled(learns and not on_patches):
            scores, deltas = self.head(maps)
        sizes = [level[0].numel() for level in scores]
        scores, deltas = (values.float() for values in concat_box_prediction_layers(scores, deltas))
        decoded = self.box_coder.decode(deltas.detach(), anchors).view(len(anchors), -1, 4)
        boxes, _ = self.filter_proposals(decoded, scores, images.image_sizes, sizes)
        scores, deltas = self._read(maps, drawn, sizes) if on_patches else (scores[drawn, 0], deltas[drawn])
        return boxes, self._losses(scores.float(), deltas.float(), goals)

    def _draw(self, anchors: list[Tensor], targets: Targets) -> tuple[Tensor, Tensor]:
        """Draw anchors, K indices into those of all images, and encode the boxes of the positive ones, which lead."""
        first, positives, negatives, goals = 0, [], [], []
        for anchors_p4, target in zip(anchors, targets, strict=True):
            matched = match_anchors(target["boxes"], anchors_p4, self.proposal_matcher)
            labels = (matched >= 0).int() - (matched == self.proposal_matcher.BETWEEN_THRESHOLDS).int()
            positive, negative = draw_sample(labels, self.fg_bg_sampler, generator=target.get("generator"))
            goals.append(self.box_coder.encode_single(target["boxes"][matched[positive]], anchors_p4[positive]))
            positives.append(positive + first)
            negatives.append(negative + first)
            first += len(anchors_p4)
        return torch.cat(positives + negatives), torch.cat(goals)

    def _losses(self, scores: Tensor, deltas: Tensor, goals: Tensor) -> dict[str, Tensor]:
        """Compute both losses; `goals` are the boxes of the positive anchors, which lead."""
        count = self.shared_count(torch.tensor(float(len(scores)), device=scores.device)).clamp(min=_LEAST_COUNT)
        truth = (torch.arange(len(scores), device=scores.device) < len(goals)).to(scores.dtype)
        objectness = functional.binary_cross_entropy_with_logits(scores, truth, reduction="sum")
        box = functional.smooth_l1_loss(deltas[: len(goals)], goals, beta=_SMOOTH_L1_BETA, reduction="sum")
        return {"loss_objectness": objectness / count, "loss_rpn_box_reg": box / count}

    def _pays(self, maps: list[Tensor], drawn: int) -> bool:
        """Tell whether patches take clearly fewer multiply-adds than maps."""
        depth = len(self.head.conv)
        on_patches = drawn * sum((2 * layer + 1) ** 2 for layer in range(depth))
        on_maps = depth * sum(level.shape[0] * level.shape[2] * level.shape[3] for level in maps)
        return self.sparse and on_patches < _PAYS_BELOW * on_maps

    def _read(self, maps: list[Tensor], drawn_k: Tensor, sizes: list[int]) -> tuple[Tensor, Tensor]:
        """Compute scores K and deltas K,4 of the anchors drawn; `sizes` are the anchors of an image by level."""
        each = torch.tensor(sizes, device=drawn_k.device)
        in_image = drawn_k % sum(sizes)
        level_k = torch.bucketize(in_image, each.cumsum(0), right=True)
        order = level_k.argsort(stable=True)
        in_level = (in_image - (each.cumsum(0) - each)[level_k])[order]
        kinds = self.anchor_generator.num_anchors_per_location()[0]
        counts = torch.bincount(level_k, minlength=len(maps)).tolist()
        places = zip(maps, (drawn_k[order] // sum(sizes)).split(counts), (in_level // kinds).split(counts), strict=True)
        patches, inside = (torch.cat(parts) for parts in zip(*(self._patches(*each) for each in places), strict=True))
        seen_kc = self._convolved(patches, inside)
        which = torch.arange(len(order), device=order.device), in_level % kinds
        scores = _linear(self.head.cls_logits, seen_kc)[which]
        deltas = _linear(self.head.bbox_pred, seen_kc).unflatten(1, (kinds, 4))[which]
        back = order.argsort()
        return scores[back], deltas[back]

    def _patches(self, level_nchw: Tensor, image_k: Tensor, place_k: Tensor) -> tuple[Tensor, Tensor]:
        """Cut out what each place sees, K,S,S,C, zero beyond the map; also whether it is inside, K,S,S,1."""
        height, width = level_nchw.shape[2:]
        reach = len(self.head.conv)
        steps = torch.arange(-reach, reach + 1, device=place_k.device)
        y_ks1, x_k1s = (place_k // width)[:, None, None] + steps[:, None], (place_k % width)[:, None, None] + steps
        inside = (y_ks1 >= 0) & (y_ks1 < height) & (x_k1s >= 0) & (x_k1s < width)
        at = image_k[:, None, None], y_ks1.clamp(0, height - 1), x_k1s.clamp(0, width - 1)
        inside_kss1 = inside[..., None].to(level_nchw.dtype)
        return level_nchw.permute(0, 2, 3, 1)[at] * inside_kss1, inside_kss1

    def _convolved(self, patches_kssc: Tensor, inside_kss1: Tensor) -> Tensor:
        """Send patches through the head's convolutions, each of which takes one pixel off every side; K,C.

        As matrix products: for so few pixels the CPU's convolution takes several times as long on its way back.
        """
        for layer, activation in self.head.conv:
            inside_kss1 = inside_kss1[:, 1:-1, 1:-1]
            windows = patches_kssc.unfold(1, 3, 1).unfold(2, 3, 1).flatten(3)
            patches_kssc = activation(_linear(layer, windows)) * inside_kss1
        return patches_kssc.flatten(1)


def _linear(layer: nn.Conv2d, windows: Tensor) -> Tensor:
    """Apply a convolution to the windows that it sees, each flat."""
    return functional.linear(windows, layer.weight.flatten(1), layer.bias)


def _own_count(count: Tensor) -> Tensor:
    return count
