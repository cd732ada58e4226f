"""A look at the outlines in some images of a dataset: how many touch, how much is covered, what a grid would keep."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import count

import numpy as np
from pycocotools import mask as native

from rehead.cli.routing.evidence import CELLS, POOR, Outlines
from rehead.cli.routing.outlines import kept, pieces, touching
from rehead.coco.records import Annotation, Dataset, ImageRecord
from rehead.coco.rle import Rle
from rehead.coco.windows import Crop, crop_of
from rehead.progress import followed

MOST_IMAGES, MOST_GRIDS = 200, 500


def look_at(splits: Sequence[Dataset]) -> Outlines | None:
    """Look at some images, spread evenly over those that have an object; None where no image has."""
    pictures = [picture for data in splits for picture in _pictures(data)]
    chosen = [pictures[place] for place in spread_over(len(pictures), MOST_IMAGES)]
    number = sum(len(objects) for _, objects, _ in chosen)
    if not number:
        return None
    turn, stride = count(), -(-number // MOST_GRIDS)
    touch: list[np.ndarray] = []
    broken, grids, covered = [], [], []
    for image, objects, regions in followed(chosen, total=len(chosen), what="images looked at"):
        crops = [crop_of(_rle(image, one)) for one in objects]
        touch += _by_class(objects, crops)
        broken += [pieces(crop.mask_hw) > 1 for crop in crops]
        grids += [[kept(crop.mask_hw, side) for side in CELLS] for crop in crops if next(turn) % stride == 0]
        covered.append(_share(image, [*objects, *regions]))
    iou_g2 = np.array(grids)
    return Outlines(
        images=len(chosen),
        objects=number,
        touching=float(np.concatenate(touch).mean()),
        broken=float(np.mean(broken)),
        covered=float(np.median(covered)),
        kept=dict(zip(CELLS, iou_g2.mean(axis=0).tolist(), strict=True)),
        poor=float((iou_g2[:, 0] < POOR).mean()),
    )


def spread_over(number: int, most: int) -> list[int]:
    """Choose at most `most` places of `number`, evenly spaced."""
    return sorted({int(at) for at in np.linspace(0, number - 1, min(number, most))})


def _pictures(data: Dataset) -> list[tuple[ImageRecord, list[Annotation], list[Annotation]]]:
    """Lay each image that has an object beside its objects and its crowd regions."""
    held: defaultdict[int, tuple[list[Annotation], list[Annotation]]] = defaultdict(lambda: ([], []))
    for annotation in data.annotations:
        held[annotation.image_id][annotation.iscrowd].append(annotation)
    return [(image, *held[image.id]) for image in data.images if held[image.id][0]]


def _by_class(objects: Sequence[Annotation], crops: Sequence[Crop]) -> list[np.ndarray]:
    """Find the objects that touch another, class by class."""
    places: defaultdict[int, list[Crop]] = defaultdict(list)
    for annotation, crop in zip(objects, crops, strict=True):
        places[annotation.category_id].append(crop)
    return [touching(group) for group in places.values()]


def _share(image: ImageRecord, annotations: Sequence[Annotation]) -> float:
    """Compute the part of an image that lies below any mask."""
    union = native.merge([_rle(image, one) for one in annotations])
    return float(native.area(union)) / (image.width * image.height)


def _rle(image: ImageRecord, annotation: Annotation) -> Rle:
    return {"size": [image.height, image.width], "counts": annotation.counts}
