"""One image at a time through a detector, to boxes, labels, scores and run lengths in the image's own pixels.

Shapes: image CHW, uint8 or float 0..1; boxes N4 as (x1, y1, x2, y2) in pixels; mask probabilities M x M in their box.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.models.detection.transform import resize_boxes

from rehead.coco.rle import Rle, crop_to_rle
from rehead.coco.windows import Crop, grid
from rehead.detector.build import Detector
from rehead.evaluation.detections import Detections
from rehead.evaluation.overlaps import View
from rehead.evaluation.seams import join_views

_MASK_THRESHOLD = 0.5
_LEAST_SIDE = 1e-6


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
    return joined.best(int((joined.scores_n >= score_threshold).sum()))


@torch.inference_mode()
def _detect(detector: Detector, image_chw: Tensor, look: Look, *, score_threshold: float = 0.0) -> Detections:
    """Detect in an image that the network sees at once."""
    device = next(detector.model.parameters()).device
    height, width = image_chw.shape[-2:]
    image_chw = image_chw if image_chw.is_floating_point() else image_chw.float() / 255
    found = look(detector, image_chw.to(device))
    if not all(torch.isfinite(values).all() for values in (found.boxes_n4, found.scores_n, found.masks_nmm)):
        raise FloatingPointError(
            "the detector's output is not finite: its weights are damaged or diverged, load another version"
        )
    kept = found.scores_n >= score_threshold
    boxes_n4, masks_nmm = found.boxes_n4[kept].cpu(), found.masks_nmm[kept].cpu()
    masks = [
        paste_mask(mask_mm, box, height=height, width=width, seen=found.seen)
        for mask_mm, box in zip(masks_nmm, boxes_n4, strict=True)
    ]
    return Detections(boxes_n4.numpy(), found.labels_n[kept].cpu().numpy(), found.scores_n[kept].cpu().numpy(), masks)


def paste_mask(mask_mm: Tensor, box_4: Tensor, *, height: int, width: int, seen: tuple[int, int] | None = None) -> Rle:
    """Scale a mask to its box and threshold it there, straight to run lengths; no mask of the image's size is made.

    `seen` is the image's height and width as the network saw it, where it was resized.
    """
    crop = paste_crop(mask_mm, box_4, own=(height, width), seen=seen or (height, width))
    return crop_to_rle(crop.mask_hw, crop.x, crop.y, height, width)


def paste_crop(mask_mm: Tensor, box_4: Tensor, *, own: tuple[int, int], seen: tuple[int, int]) -> Crop:
    """Scale a mask to its box and threshold it there: the pixels whose centre lies in the box, at least one.

    The exact inverse of a training target. torchvision draws one by RoIAlign with `aligned=False`, for which pixel p of
    the image lies at p: so p is read at (p - x1) / w of the mask. Its own `paste_masks_in_image` reads half a pixel
    beside that and fills a box a pixel wider and higher: on cells of 20 pixels a perfect head of 28 x 28 then scores
    mask AP 0.830, here 1.000.

    An image of height and width `own` that the network saw larger, as `seen`, has its target drawn there: each pixel
    became some pixels, and is read at their middle. Where it was seen smaller, pixels are read as if it had not been,
    which scores a little more with trained models.
    """
    x1, y1, x2, y2 = box_4.tolist()
    left, columns_wm = _read_axis(x1, x2, size=mask_mm.shape[1], own=own[1], seen=seen[1])
    top, rows_hm = _read_axis(y1, y2, size=mask_mm.shape[0], own=own[0], seen=seen[0])
    return Crop(rows_hm @ mask_mm.numpy() @ columns_wm.T > _MASK_THRESHOLD, left, top)


def _read_axis(first: float, last: float, *, size: int, own: int, seen: int) -> tuple[int, NDArray[np.float32]]:
    """Find the pixels of one axis of a box: the first one, and the bilinear weights L,M by which each reads a mask."""
    start = min(math.ceil(first - 0.5), math.floor((first + last) / 2))
    stop = max(math.floor(last - 0.5), start) + 1
    places_l = _places(np.arange(start, stop), own=own, seen=seen)
    positions_l = (places_l - first) * (size / max(last - first, _LEAST_SIDE)) - 0.5
    distances_lm = np.abs(positions_l.clip(0, size - 1)[:, None] - np.arange(size))
    return start, np.maximum(1.0 - distances_lm, 0.0).astype(np.float32)


def _places(pixels_l: NDArray[np.int64], *, own: int, seen: int) -> NDArray[np.float64]:
    """Find where RoIAlign had these pixels of an image's side, in its own pixels, when that side was seen longer.

    Enlarged by the nearest pixel, p became the pixels from ceil(p * seen / own) up to the first that p + 1 became.
    """
    if seen <= own:
        return pixels_l.astype(np.float64)
    first_l, beyond_l = (-(-at_l * seen // own) for at_l in (pixels_l, pixels_l + 1))
    return np.asarray((first_l + beyond_l - 1) / 2 * (own / seen))
