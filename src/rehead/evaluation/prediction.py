"""One image at a time through a detector, to boxes, labels, scores and run lengths in the image's own pixels.

Shapes: image CHW, uint8 or float 0..1; boxes N4 as (x1, y1, x2, y2) in pixels; mask probabilities M x M in their box.
"""

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.models.detection.transform import resize_boxes

from rehead.coco.rle import Rle, crop_to_rle
from rehead.coco.windows import Crop, grid
from rehead.detector.build import Detector
from rehead.evaluation.detections import Detections
from rehead.evaluation.overlaps import View
from rehead.evaluation.seams import join_views

_MASK_THRESHOLD = 0.5
_PADDING = 1


def predict_image(detector: Detector, image_chw: Tensor, *, score_threshold: float = 0.0) -> Detections:
    """Detect in one image; each image goes alone, since padding to a taller neighbour changes the result.

    A detector that works by tiles gets an image larger than a tile in tiles, one after the other, so that memory does
    not grow with the image; the time grows with the number of tiles. The plan's `max_detections` holds for each tile
    and then for the whole image. Raises ValueError if the model is in training mode, FloatingPointError if its
    outputs are not finite.
    """
    if detector.model.training:
        raise ValueError("predict_image: the model is in training mode; call detector.model.eval() first")
    height, width = image_chw.shape[-2:]
    windows = grid(width, height, detector.tile)
    if len(windows) == 1:
        return _detect(detector, image_chw, score_threshold=score_threshold)
    # The threshold comes last: it chooses among joined detections and must not change how parts are joined.
    views = [View(w, _detect(detector, image_chw[:, w.y : w.bottom, w.x : w.right])) for w in windows]
    joined = join_views(views, height=height, width=width, limit=detector.plan.max_detections)
    return joined.best(int((joined.scores_n >= score_threshold).sum()))


@torch.inference_mode()
def _detect(detector: Detector, image_chw: Tensor, *, score_threshold: float = 0.0) -> Detections:
    """Detect in an image that the network sees at once."""
    model = detector.model
    device = next(model.parameters()).device
    height, width = image_chw.shape[-2:]
    image_chw = image_chw if image_chw.is_floating_point() else image_chw.float() / 255
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
    """Scale a mask to its box and threshold it there, straight to run lengths; no mask of the image's size is made."""
    crop = paste_crop(mask_mm, box_4)
    return crop_to_rle(crop.mask_hw, crop.x, crop.y, height, width)


def paste_crop(mask_mm: Tensor, box_4: Tensor) -> Crop:
    """Scale a mask to its box and threshold it there; the crop may reach beyond the image.

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
    return Crop((crop_hw > _MASK_THRESHOLD).numpy(), left, top)
