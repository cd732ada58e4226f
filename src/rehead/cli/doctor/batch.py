"""A small batch to learn by heart: images whose objects are well seen, and made smaller if time asks for it."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

import numpy as np
from torch.nn import functional
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from rehead.coco.measurements import Measurements
from rehead.coco.statistics import LONGEST_TO_SHORTEST, SMALL
from rehead.coco.windows import resized
from rehead.dataset.split import Sample, Split
from rehead.detector.build import Detector

_ENOUGH_OBJECTS = 8
_LARGEST = 2e8
"""Pixels of an image's masks together: more would take the time of the whole check to load."""


def choose_images(measured: Measurements, *, count: int) -> list[int]:
    """Choose the places of images that hold some objects, large ones in their image, and are quickly loaded."""
    pixels_n = measured.sizes_n2.prod(axis=1).astype(np.float64)
    share_m = np.sqrt(measured.areas_m / pixels_n[measured.image_m])
    median_n = np.zeros(len(pixels_n))
    for place in np.unique(measured.image_m).tolist():
        median_n[place] = np.median(share_m[measured.image_m == place])
    heavy_n = pixels_n * measured.objects_n > _LARGEST
    worth_n = np.where(measured.objects_n > 0, np.minimum(measured.objects_n, _ENOUGH_OBJECTS) * median_n, -1.0)
    order = np.lexsort((-worth_n, heavy_n))
    return [int(place) for place in order[:count] if measured.objects_n[place]]


def part_of(split: Split, places: Sequence[int]) -> Split:
    """Take some images of a split with their truth."""
    records = tuple(split.images[place] for place in places)
    ids = {record.id for record in records}
    truth = {
        **split.truth,
        "images": [image for image in split.truth["images"] if image["id"] in ids],
        "annotations": [a for a in split.truth["annotations"] if a["image_id"] in ids],
    }
    return replace(split, images=records, truth=truth)


def shrunk(sample: Sample, side: int) -> Sample:
    """Bring an image to a shorter side of at most `side` pixels, its masks and boxes with it."""
    height, width = sample.image_chw.shape[-2:]
    factor = min(side / min(height, width), side * LONGEST_TO_SHORTEST / max(height, width))
    if factor >= 1:
        return sample
    size = [max(round(length * factor), 1) for length in (height, width)]
    image = functional.interpolate(sample.image_chw[None], size=size, mode="bilinear", antialias=True)[0]
    crops = tuple(resized(crop, (height, width), (size[0], size[1])) for crop in sample.crops)
    scale = sample.boxes_n4.new_tensor([size[1] / width, size[0] / height] * 2)
    return replace(sample, image_chw=image, boxes_n4=sample.boxes_n4 * scale, crops=crops, size_hw=(size[0], size[1]))


def reduced(detector: Detector, side: int) -> Detector:
    """Copy a detector, and let the copy see every image at a shorter side of `side` pixels."""
    plain = detector.model.transform
    model = deepcopy(detector.model)
    model.transform = GeneralizedRCNNTransform(
        side, round(side * LONGEST_TO_SHORTEST), plain.image_mean, plain.image_std, plain.size_divisible
    )
    return replace(detector, model=model, tile=None)


def small_share(samples: Sequence[Sample]) -> float:
    """Compute the share of objects that are smaller than COCO's small ones, at the size that the samples have."""
    areas = np.array([crop.mask_hw.sum() for sample in samples for crop in sample.crops])
    return float((np.sqrt(areas) < SMALL).mean()) if len(areas) else 0.0
