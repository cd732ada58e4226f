"""One batch as the network gets it: finite images, labels in range, boxes and masks that fit each other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rehead.cli.anchors import fit_sizes, measure_fit
from rehead.cli.doctor.finding import Finding, Remark, State, finding_of
from rehead.cli.doctor.subject import Subject
from rehead.cli.plans import Plans
from rehead.cli.scale import boxes_seen, scales_seen
from rehead.coco.measurements import Measurements
from rehead.coco.windows import Crop
from rehead.dataset.split import Sample
from rehead.detector.sizes import SIZES

_LEAST_IMAGES = 8
_OUTSIDE_PIXELS = 1.0
_FITTING_IOU, _LOOSE_SHARE = 0.5, 0.5
"""A box that shares less with its mask's own; and the share of such objects that is no slip any more."""
_TINY_PIXELS, _MANY_TINY = 8, 0.2
_MANY_MISSED = 0.2


@dataclass(frozen=True)
class Fault:
    """What is wrong with a sample, by its kind, and the cure."""

    kind: str
    cure: str


_CURE = "`dvc repro ingest` writes the dataset anew; if that does not help, `rehead check` the source"
_NOT_FINITE = Fault("images with values that are not finite", _CURE)
_RANGE = Fault("images with values outside of 0 to 1", "divide pixels by 255: images are float32, 0 to 1")
_LABEL = Fault("labels outside of 1 to K", "label n is class n, 0 is background: `dvc repro ingest`")
_ORDER = Fault("boxes without width or height", "write boxes as x1, y1, x2, y2, not x, y, width, height")
_OUTSIDE = Fault("boxes that stick out of their image", "boxes are x1, y1, x2, y2 in pixels of this image")
_EMPTY = Fault("masks without a pixel", _CURE)
_LOOSE = Fault("boxes that do not fit their masks", "boxes are x1, y1, x2, y2 of the mask, not x, y, width, height")


def load_batch(subject: Subject) -> list[Sample]:
    """Load the images of one batch, spread over the training images."""
    records = subject.train.images
    number = min(len(records), max(subject.plans.train.images_at_once, _LEAST_IMAGES))
    spread = range(0, len(records), max(1, len(records) // number))
    return [subject.train[place] for place in spread[:number]]


def judge_inputs(samples: Sequence[Sample], plans: Plans, measured: Measurements) -> Finding:
    """Judge a batch, and how large all objects are where the network sees them."""
    number = len(measured.classes)
    counts: Counter[Fault] = Counter()
    objects = sum(len(sample.labels_n) for sample in samples)
    for sample in samples:
        counts.update(faults_of(sample, classes=number))
    remarks = [
        Remark(_severity(fault, count, objects), f"{count} {fault.kind}", fault.cure)
        for fault, count in counts.most_common()
    ]
    tiny, missed = seen_too_small(plans, measured)
    remarks += _sizes(plans, measured, tiny=tiny, missed=missed)
    told = f"{len(samples)} images with {objects} objects: finite, 0 to 1, boxes and masks agree" if not counts else ""
    shares = f"as the network sees them, {tiny:.0%} of objects are below {_TINY_PIXELS} px, {missed:.0%} fit no anchor"
    numbers = {"faults": {fault.kind: count for fault, count in counts.items()}, "tiny": tiny, "no_anchor": missed}
    return finding_of("input", "; ".join(filter(None, [told, shares])), remarks, numbers=numbers)


def faults_of(sample: Sample, *, classes: int) -> Iterator[Fault]:
    """List the faults of a sample, one for the image and one for each object that has it."""
    image, boxes = sample.image_chw, sample.boxes_n4
    if not torch.isfinite(image).all():
        yield _NOT_FINITE
    elif image.dtype != torch.float32 or image.min() < 0 or image.max() > 1:
        yield _RANGE
    limits = boxes.new_tensor([image.shape[2], image.shape[1]] * 2) + _OUTSIDE_PIXELS
    flat = (boxes[:, 2:] <= boxes[:, :2]).any(dim=1)
    outside = ((boxes < -_OUTSIDE_PIXELS) | (boxes > limits)).any(dim=1)
    wrong = (sample.labels_n < 1) | (sample.labels_n > classes)
    for fault, found in ((_LABEL, wrong), (_ORDER, flat), (_OUTSIDE, outside)):
        yield from [fault] * int(found.sum())
    for box_4, crop, has_sides in zip(boxes, sample.crops, ~flat, strict=True):
        own_4 = box_of(crop)
        if own_4 is None:
            yield _EMPTY
        elif has_sides and overlap(box_4, own_4) < _FITTING_IOU:
            yield _LOOSE


def box_of(crop: Crop) -> Tensor | None:
    """Give the box x1, y1, x2, y2 of a mask; None if it is empty."""
    rows, columns = np.flatnonzero(crop.mask_hw.any(axis=1)), np.flatnonzero(crop.mask_hw.any(axis=0))
    if not len(rows):
        return None
    left, top = crop.x + columns[0], crop.y + rows[0]
    return torch.tensor([left, top, crop.x + columns[-1] + 1, crop.y + rows[-1] + 1], dtype=torch.float32)


def overlap(first_4: Tensor, second_4: Tensor) -> float:
    """Compute the IoU of two boxes."""
    sides = torch.minimum(first_4[2:], second_4[2:]) - torch.maximum(first_4[:2], second_4[:2])
    shared = float(sides.clamp(min=0).prod())
    areas = [float((box_4[2:] - box_4[:2]).prod()) for box_4 in (first_4, second_4)]
    return shared / (sum(areas) - shared)


def seen_too_small(plans: Plans, measured: Measurements) -> tuple[float, float]:
    """Compute the shares of objects that the network sees with less than 8 px a side, and that no anchor fits."""
    if not len(measured.areas_m):
        return 0.0, 0.0
    sides_m = np.sqrt(measured.areas_m) * scales_seen(measured, plans)[measured.image_m]
    anchors = plans.model.anchor_sizes or SIZES[plans.model.arch].anchor_sizes
    return float((sides_m < _TINY_PIXELS).mean()), 1 - measure_fit(boxes_seen(measured, plans), anchors).recall


def _severity(fault: Fault, count: int, objects: int) -> State:
    """A box that does not fit its mask may be the annotator's slip; most of them are not."""
    return "warn" if fault == _LOOSE and count < _LOOSE_SHARE * objects else "fail"


def _sizes(plans: Plans, measured: Measurements, *, tiny: float, missed: float) -> Iterator[Remark]:
    if not len(measured.areas_m):
        yield Remark("fail", "the training images hold no objects", "`rehead check` the source")
    if tiny > _MANY_TINY:
        cure = "raise model.input_size, or cut tiles with data.tile: `rehead init` proposes both"
        yield Remark("warn", "many objects are too small for the network to see", cure)
    if missed > _MANY_MISSED:
        fitted = fit_sizes(boxes_seen(measured, plans))
        better = f"model.anchor_sizes: {list(fitted.sizes)} would hold {fitted.recall:.0%} of the boxes"
        yield Remark("warn", "many objects fit no anchor", better)
