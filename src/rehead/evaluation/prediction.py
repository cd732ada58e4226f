"""One image at a time through a detector, to boxes, labels, scores and run lengths in the image's own pixels.

Shapes: image CHW float 0..1; boxes N4 as (x1, y1, x2, y2) in pixels; mask probabilities M x M inside their box.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torchvision.models.detection.transform import resize_boxes

from rehead.coco.rle import Rle, crop_to_rle
from rehead.detector.build import Detector

_MASK_THRESHOLD = 0.5
_PADDING = 1


@dataclass(frozen=True)
class Detections:
    """What was found in one image, best first."""

    boxes_n4: NDArray[np.float32]
    labels_n: NDArray[np.int64]
    scores_n: NDArray[np.float32]
    masks: list[Rle]


@torch.inference_mode()
def predict_image(detector: Detector, image_chw: Tensor, *, score_threshold: float = 0.0) -> Detections:
    """Detect in one image; each image goes alone, since padding to a taller neighbour changes the result.

    Raises ValueError if the model is in training mode, FloatingPointError if its outputs are not finite.
    """
    model = detector.model
    if model.training:
        raise ValueError("predict_image: the model is in training mode; call detector.model.eval() first")
    device = next(model.parameters()).device
    height, width = image_chw.shape[-2:]
    images, _ = model.transform([image_chw.to(device)])
    features = model.backbone(images.tensors)
    proposals, _ = model.rpn(images, features)
    found = model.roi_heads(features, proposals, images.image_sizes)[0][0]
    boxes = resize_boxes(found["boxes"], images.image_sizes[0], (height, width))
    if not (
        torch.isfinite(boxes).all() and torch.isfinite(found["scores"]).all() and torch.isfinite(found["masks"]).all()
    ):
        raise FloatingPointError(
            "the detector's output is not finite: its weights are damaged or diverged, load another version"
        )
    kept = found["scores"] >= score_threshold
    masks = [
        paste_mask(mask_mm, box, height=height, width=width)
        for mask_mm, box in zip(found["masks"][kept, 0].cpu(), boxes[kept].cpu(), strict=True)
    ]
    return Detections(
        boxes[kept].cpu().numpy(), found["labels"][kept].cpu().numpy(), found["scores"][kept].cpu().numpy(), masks
    )


def paste_mask(mask_mm: Tensor, box_4: Tensor, *, height: int, width: int) -> Rle:
    """Scale a mask to its box and threshold it there, straight to run lengths; no mask of the image's size is made.

    The rule is torchvision's `paste_masks_in_image`: one pixel of padding, box corners cut to integers, bilinear.
    """
    size = mask_mm.shape[-1]
    padded = functional.pad(mask_mm, (_PADDING,) * 4)
    scale = (size + 2 * _PADDING) / size
    x1, y1, x2, y2 = box_4.tolist()
    half_w, half_h = (x2 - x1) * 0.5 * scale, (y2 - y1) * 0.5 * scale
    centre_x, centre_y = (x1 + x2) * 0.5, (y1 + y2) * 0.5
    left, top = int(centre_x - half_w), int(centre_y - half_h)
    pixels_w = max(int(centre_x + half_w) - left + 1, 1)
    pixels_h = max(int(centre_y + half_h) - top + 1, 1)
    crop_hw = functional.interpolate(
        padded[None, None], size=(pixels_h, pixels_w), mode="bilinear", align_corners=False
    )[0, 0]
    return crop_to_rle((crop_hw > _MASK_THRESHOLD).numpy(), left, top, height, width)


def coco_results(
    detections: Detections, *, image_id: int, categories: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """Put an image's detections into COCO's results form; `categories` maps label n to categories[n - 1]."""
    return [
        {
            "image_id": image_id,
            "category_id": int(label) if categories is None else categories[int(label) - 1],
            "bbox": [float(x1), float(y1), float(x2 - x1), float(y2 - y1)],
            "score": float(score),
            "segmentation": mask,
        }
        for (x1, y1, x2, y2), label, score, mask in zip(
            detections.boxes_n4.astype(np.float64).tolist(),
            detections.labels_n,
            detections.scores_n,
            detections.masks,
            strict=True,
        )
    ]
