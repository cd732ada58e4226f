"""What the mask head draws where boxes and classes are true: what it can do, apart from what detection costs it.

The network sees each image once, as prediction by one look does, by tiles if the detector has them; proposals and box
head do not run. Where tiles cut an object, its parts are put together by prediction's own vote.

It costs a pass of its own over the images: 0.36 of the processor time of prediction for four objects an image of 160
px, 0.69 for 46 an image of 256 px (MobileNet).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection.transform import resize_boxes

from rehead.coco.pieces import pieces_of
from rehead.coco.records import Annotation, ImageRecord
from rehead.coco.rle import Rle
from rehead.coco.windows import Window, crop_of, grid
from rehead.dataset.split import Split
from rehead.detector.build import Detector
from rehead.detector.scaling import TileTransform
from rehead.evaluation.boundary import reach_in
from rehead.evaluation.ceiling import RESOLUTIONS, Ceilings, Seen, ceilings
from rehead.evaluation.coco_map import Metrics
from rehead.evaluation.fidelity import Floats, Objects, overlaps
from rehead.evaluation.overlaps import Part, View, parts_of
from rehead.evaluation.prediction import Look, Outputs, predict_image
from rehead.evaluation.resampling import size_seen
from rehead.evaluation.seams import voted_mask
from rehead.evaluation.validation import over_images

Pieces = list[tuple[int, Annotation]]


@dataclass(frozen=True)
class TrueBoxes:
    """How well M objects were outlined in their true boxes; crowd regions are left out.

    `iou_m` is the mask IoU of each with its own object, `edge_m` the lesser of that and boundary IoU, `sides_m` the
    side of the square of its area in pixels of the network's input.
    """

    objects: Objects
    iou_m: Floats
    edge_m: Floats
    sides_m: Floats

    @property
    def mask(self) -> Metrics:
        """Give AP, AP50, AP75, APs, APm, APl of the masks."""
        return self.objects.metrics(self.iou_m)

    @property
    def boundary(self) -> Metrics:
        """Give the same of their boundaries."""
        return self.objects.metrics(self.edge_m)

    @property
    def mask_by_iou(self) -> tuple[float, ...]:
        """Give mask AP at each IoU threshold from 0.50 to 0.95; empty without objects."""
        return tuple(self.objects.precisions(self.iou_m).tolist())


def predict_true_boxes(detector: Detector, split: Split, *, on_image: Callable[[], None] = lambda: None) -> TrueBoxes:
    """Let the mask head draw every object of a split in its true box, as the object's class, and judge the masks.

    Raises FloatingPointError if its masks are not finite.
    """
    detector.model.eval()
    seen = sizes_seen(detector)

    def of_image(index: int) -> list[tuple[float, ...]]:
        record, things = split.images[index], _things(split, index)
        if not things:
            return []
        size, reach = (record.height, record.width), reach_in(record.height, record.width)
        scale = float(np.sqrt(np.prod(seen(*size)) / np.prod(size)))
        masks = draw_in_boxes(detector, split.pixels(index), things)
        marks = (
            overlaps(crop_of(mask), crop_of({"size": list(size), "counts": thing.counts}), reach=reach)
            for mask, thing in zip(masks, things, strict=True)
        )
        return [
            (thing.category_id, thing.area, *mark, thing.area**0.5 * scale)
            for thing, mark in zip(things, marks, strict=True)
        ]

    rows = [row for rows in over_images(of_image, range(len(split)), on_image=on_image) for row in rows]
    classes, areas, iou, edge, sides = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    return TrueBoxes(Objects(classes.astype(np.int64), areas), iou, edge, sides)


def ceilings_of(detector: Detector, split: Split, *, on_object: Callable[[], None] = lambda: None) -> Ceilings:
    """Score a perfect head with masks of the detector's side, and one of twice the side, at the size that it sees."""
    side = int(detector.plan.mask_head.rpartition("_")[2])
    sides = [side, 2 * side] if side < max(RESOLUTIONS) else [side]
    return ceilings(split.truth, sides, seen=sizes_seen(detector), on_object=on_object)


def sizes_seen(detector: Detector) -> Seen:
    """Give the rule by which a detector's input follows from an image's height and width."""
    transform = detector.model.transform
    if isinstance(transform, TileTransform):
        return transform.size_seen
    return partial(size_seen, input_size=transform.min_size[-1], max_size=transform.max_size)


def draw_in_boxes(detector: Detector, image_chw: Tensor, things: Sequence[Annotation]) -> list[Rle]:
    """Draw the mask of each object of an image in its box, in pixels of the image; tiled where it is predicted so."""
    height, width = image_chw.shape[-2:]
    image, windows = ImageRecord(0, "", width, height), grid(width, height, detector.tile)
    shown: dict[Window, Pieces] = defaultdict(list)
    for number, thing in enumerate(things):
        for window, piece in pieces_of(thing, image, windows):
            if not piece.iscrowd:
                shown[window].append((number, piece))
    groups: dict[int, list[Part]] = defaultdict(list)
    for window, pieces in shown.items():
        tile_chw = image_chw[:, window.y : window.bottom, window.x : window.right]
        found = predict_image(detector, tile_chw, look=_look_in([piece for _, piece in pieces]))
        for (number, _), part in zip(pieces, parts_of(View(window, found), height=height, width=width), strict=True):
            groups[number].append(part)
    whole = len(windows) == 1
    return [
        groups[number][0].mask if whole else voted_mask(groups[number], height=height, width=width)
        for number in range(len(things))
    ]


def _look_in(pieces: Sequence[Annotation]) -> Look:
    """Look at no boxes but these, and take each for what it is; no more of them at once than prediction would."""
    corners = [(x, y, x + w, y + h) for x, y, w, h in (piece.bbox for piece in pieces)]

    def look(detector: Detector, image_chw: Tensor) -> Outputs:
        model, most = detector.model, detector.plan.max_detections
        boxes_n4 = image_chw.new_tensor(corners)
        labels_n = torch.tensor([piece.category_id for piece in pieces], device=image_chw.device)
        images, _ = model.transform([image_chw])
        features, sizes = model.backbone(images.tensors), images.image_sizes
        seen_n4 = resize_boxes(boxes_n4, list(image_chw.shape[-2:]), sizes[0])
        masks = [
            model.roi_heads.masks_of(features, [boxes], sizes, [labels])[0][:, 0]
            for boxes, labels in zip(seen_n4.split(most), labels_n.split(most), strict=True)
        ]
        return Outputs(boxes_n4, labels_n, torch.ones(len(pieces)), torch.cat(masks), sizes[0])

    return look


def _things(split: Split, index: int) -> list[Annotation]:
    return [
        Annotation(
            one["id"],
            one["image_id"],
            one["category_id"],
            tuple(one["bbox"]),
            one["area"],
            0,
            one["segmentation"]["counts"],
        )
        for one in split.annotations.get(split.images[index].id, [])
        if not one["iscrowd"]
    ]
