"""One image at a time through a detector, to boxes, labels, scores and run lengths in the image's own pixels.

Shapes: image CHW, uint8 or float 0..1; boxes N4 as (x1, y1, x2, y2) in pixels; mask probabilities M x M in their box.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection.transform import resize_boxes

from rehead.coco.windows import grid
from rehead.detector.build import Detector
from rehead.evaluation.detections import Detections
from rehead.evaluation.overlaps import View
from rehead.evaluation.pasting import paste_masks
from rehead.evaluation.seams import join_views


@dataclass(frozen=True)
class Outputs:
    """What a detector puts out for one image, best first: its masks are probabilities in their boxes."""

    boxes_n4: Tensor
    """In pixels of the image."""
    labels_n: Tensor
    scores_n: Tensor
    masks_nmm: Tensor
    seen: tuple[int, int]
    """Height and width of the image as the network saw it."""


Look = Callable[[Detector, Tensor], Outputs]


def look_once(detector: Detector, image_chw: Tensor) -> Outputs:
    """Run the network on an image CHW of floats, which it sees at once, as it is."""
    model = detector.model
    images, _ = model.transform([image_chw])
    features = model.backbone(images.tensors)
    proposals, _ = model.rpn(images, features)
    found = model.roi_heads(features, proposals, images.image_sizes)[0][0]
    seen = images.image_sizes[0]
    boxes = resize_boxes(found["boxes"], seen, image_chw.shape[-2:])
    return Outputs(boxes, found["labels"], found["scores"], found["masks"][:, 0], seen)


def predict_image(
    detector: Detector, image_chw: Tensor, *, score_threshold: float = 0.0, look: Look = look_once
) -> Detections:
    """Detect in one image; each image goes alone, since padding to a taller neighbour changes the result.

    A detector that works by tiles gets an image larger than a tile in tiles, one after the other, so that memory does
    not grow with the image; the time grows with the number of tiles. The plan's `max_detections` holds for each tile
    and then for the whole image. `look` runs the network on an image or a tile. Raises ValueError if the model is in
    training mode, FloatingPointError if its outputs are not finite.
    """
    if detector.model.training:
        raise ValueError("predict_image: the model is in training mode; call detector.model.eval() first")
    height, width = image_chw.shape[-2:]
    windows = grid(width, height, detector.tile)
    if len(windows) == 1:
        return _detect(detector, image_chw, look, score_threshold=score_threshold)
    # The threshold comes last: it chooses among joined detections and must not change how parts are joined.
    views = [View(w, _detect(detector, image_chw[:, w.y : w.bottom, w.x : w.right], look)) for w in windows]
    joined = join_views(views, height=height, width=width, limit=detector.plan.max_detections)
    return joined.best(int((joined.scores_n.astype(np.float64) >= score_threshold).sum()))


@torch.inference_mode()
def _detect(detector: Detector, image_chw: Tensor, look: Look, *, score_threshold: float = 0.0) -> Detections:
    """Detect in an image that the network sees at once."""
    device = next(detector.model.parameters()).device
    height, width = image_chw.shape[-2:]
    image_chw = image_chw if image_chw.is_floating_point() else image_chw.float() / 255
    found = look(detector, image_chw.to(device))
    boxes_n4, labels_n, scores_n, masks_nmm = (
        values.cpu() for values in (found.boxes_n4, found.labels_n, found.scores_n, found.masks_nmm)
    )
    if not all(torch.isfinite(values).all() for values in (boxes_n4, scores_n, masks_nmm)):
        raise FloatingPointError(
            "the detector's output is not finite: its weights are damaged or diverged, load another version"
        )
    kept = scores_n.double() >= score_threshold  # as `Detections.reaching`
    masks = paste_masks(masks_nmm[kept], boxes_n4[kept], height=height, width=width, seen=found.seen)
    return Detections(boxes_n4[kept].numpy(), labels_n[kept].numpy(), scores_n[kept].numpy(), masks)
