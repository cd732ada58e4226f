"""Test-time augmentation of boxes and masks: one image looked at in several views, and one answer of them all.

As Detectron2's GeneralizedRCNNWithTTA has it: boxes are detected in every view and brought together, and then each view
draws the mask of every box that is left, so that masks of one box are averaged and not masks of several. Boxes that
non-maximum suppression would drop vote instead: on the box, weighed by their scores (Gidaris and Komodakis 2015), and
on its score, the mean over all views, in which a view that saw nothing counts as 0 (Solovyev et al. 2021).

The maps of one image's views are kept until its masks are drawn, so that no view is computed twice: 92 MB a view with
256 channels at 800 x 1333 pixels, whatever the number of objects.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import product

import torch
from torch import Tensor
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes
from torchvision.ops import batched_nms, box_iou

from rehead.dataset.views import PLAIN, View
from rehead.detector.build import Detector
from rehead.detector.roi_heads import BudgetRoIHeads, Features
from rehead.detector.scaling import TileTransform
from rehead.evaluation.plan import ViewPlan
from rehead.evaluation.prediction import Look, Outputs, look_once

Size = tuple[int, int]
"""Height and width."""


@dataclass(frozen=True)
class Boxes:
    """What one view found: boxes N4 in pixels of the image as it is, scores N and labels N."""

    boxes_n4: Tensor
    scores_n: Tensor
    labels_n: Tensor


@dataclass(frozen=True)
class Glimpse:
    """One view of an image: how it was turned, what size that has, and at which size the network saw it."""

    view: View
    own: Size
    seen: Size
    features: Features
    found: Boxes


def look_by(plan: ViewPlan | None) -> Look:
    """Give the look that a plan asks for; None is one look at the image as it is."""
    return look_once if plan is None else partial(look_again, plan=plan)


def look_again(detector: Detector, image_chw: Tensor, *, plan: ViewPlan) -> Outputs:
    """Run the network on an image CHW of floats in every view of the plan; the limits of one look hold for all."""
    heads: BudgetRoIHeads = detector.model.roi_heads
    glimpses = [_glimpse(detector, image_chw, view, scale) for view, scale in views_of(plan)]
    found = merged([each.found for each in glimpses], overlap=heads.nms_thresh)
    reported = torch.where(found.scores_n > heads.score_thresh)[0][: heads.detections_per_img]
    boxes_n4, labels_n, plain = found.boxes_n4[reported], found.labels_n[reported], glimpses[0]
    total_nmm = torch.zeros(())
    for each in glimpses:
        inside_n4 = boxes_in(each, boxes_n4, plain=plain)
        total_nmm = each.view.inverse.image(_masks(heads, each, inside_n4, labels_n)) + total_nmm
    return Outputs(boxes_n4, labels_n, found.scores_n[reported], total_nmm / len(glimpses), plain.seen)


def views_of(plan: ViewPlan) -> list[tuple[View, float]]:
    """List a plan's views, each a turn and a scale; the first is the image as it is."""
    turns = product(*((False, True) if done else (False,) for done in plan.turns))
    return [(View(*turn), scale) for turn, scale in product(turns, plan.scales)]


def merged(found: Sequence[Boxes], *, overlap: float) -> Boxes:
    """Bring together what the views found, best first: boxes of one class whose IoU is above `overlap` are one object.

    A view that saw an object twice counts with the better score.
    """
    boxes_n4, scores_n, labels_n = (
        torch.cat([getattr(each, name) for each in found]) for name in ("boxes_n4", "scores_n", "labels_n")
    )
    first_k = batched_nms(boxes_n4, scores_n, labels_n, overlap)
    if not len(first_k):
        return Boxes(boxes_n4, scores_n, labels_n)
    near_kn = box_iou(boxes_n4[first_k], boxes_n4) * (labels_n[first_k, None] == labels_n)
    object_n = near_kn.argmax(dim=0)
    weights_k = scores_n.new_zeros(len(first_k)).index_add(0, object_n, scores_n)
    sums_k4 = torch.zeros_like(boxes_n4[first_k]).index_add(0, object_n, boxes_n4 * scores_n[:, None])
    view_n = torch.cat([torch.full_like(each.labels_n, number) for number, each in enumerate(found)])
    cells_n = object_n * len(found) + view_n
    best_kv = scores_n.new_zeros(len(first_k) * len(found)).scatter_reduce(0, cells_n, scores_n, "amax")
    means_k = best_kv.view(len(first_k), -1).mean(dim=1)
    order = means_k.argsort(descending=True, stable=True)
    return Boxes((sums_k4 / weights_k[:, None])[order], means_k[order], labels_n[first_k][order])


def boxes_in(glimpse: Glimpse, boxes_n4: Tensor, *, plain: Glimpse) -> Tensor:
    """Place boxes of the image in a view, in pixels as the network saw it, so that their masks show the same there.

    A mask head learns its targets by RoIAlign with `aligned=False`, which reads pixel p, whose middle is at p + 0.5,
    at p: what it draws for a box lies half a pixel of the view to the right and below of it. In a mirror image that
    is the other way, and at another scale as much less. So boxes are placed by what they show in the plain view:
    without it masks of a mirror image lie a pixel beside those of the image.
    """
    half_2 = boxes_n4.new_tensor([own / seen / 2 for own, seen in zip(plain.own, plain.seen, strict=True)]).flip(0)
    shown_n4 = glimpse.view.boxes(boxes_n4 + half_2.repeat(2), *plain.own)
    placed_n4: Tensor = resize_boxes(shown_n4, glimpse.own, glimpse.seen)
    return placed_n4 - 0.5


def scaled(transform: GeneralizedRCNNTransform, scale: float) -> GeneralizedRCNNTransform:
    """Give a transform like this one at whose end images are `scale` times as large."""
    if scale == 1.0:
        return transform
    other = copy(transform)
    other.min_size = tuple(max(round(side * scale), 1) for side in transform.min_size)
    other.max_size = max(round(transform.max_size * scale), 1)
    if isinstance(other, TileTransform):
        other.factor = transform.factor * scale
    return other


def _glimpse(detector: Detector, image_chw: Tensor, view: View, scale: float) -> Glimpse:
    """Look at one view of an image, and say what it found in pixels of the image as it is."""
    model, turned_chw = detector.model, image_chw if view == PLAIN else view.image(image_chw)
    own: Size = (turned_chw.shape[-2], turned_chw.shape[-1])
    images, _ = scaled(model.transform, scale)([turned_chw])
    features = model.backbone(images.tensors)
    proposals, _ = model.rpn(images, features)
    boxes, scores, labels = model.roi_heads.boxes_of(features, proposals, images.image_sizes)
    seen: Size = images.image_sizes[0]
    boxes_n4 = view.inverse.boxes(resize_boxes(boxes[0], seen, own), *own)
    return Glimpse(view, own, seen, features, Boxes(boxes_n4, scores[0], labels[0]))


def _masks(heads: BudgetRoIHeads, glimpse: Glimpse, boxes_n4: Tensor, labels_n: Tensor) -> Tensor:
    """Draw the masks of boxes in a view, N,M,M."""
    return heads.masks_of(glimpse.features, [boxes_n4], [glimpse.seen], [labels_n])[0][:, 0]
