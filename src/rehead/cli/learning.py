"""Advice on how to train: what is frozen, RoIs, images a step, epochs, the rate."""

from math import ceil
from typing import get_args

import numpy as np

from rehead.cli.advice import Advice, Survey
from rehead.cli.division import training_images
from rehead.cli.memory import in_gib
from rehead.cli.plans import Plans
from rehead.cli.scale import pixels_seen, samples_an_image
from rehead.detector.plan import FreezeDepth
from rehead.detector.sizes import SIZES
from rehead.training.plan import TrainPlan, batch_sizes

_DEMO_LR, _DEMO_ROIS = 0.002, 32
"""What params.yaml comes with: quick on drawn shapes, and not enough on photographs."""
_STEPS = 600
_LEAST_EPOCHS, _MOST_EPOCHS = 5, 100
_ENOUGH_IMAGES = 1000
_FIXED_BYTES = 1.5e9
"""torch itself, weights, their gradients and AdamW's two moments: 0.8e9 to 1.7e9 measured."""
_BYTES_A_PIXEL = {
    "maskrcnn_mobilenet_v2_fpn": (2200, 550),
    "maskrcnn_mobilenet_v3_large_fpn": (1350, 350),
    "maskrcnn_resnet18_fpn": (1100, 700),
    "maskrcnn_resnet34_fpn": (1350, 700),
    "maskrcnn_resnet50_fpn": (2350, 700),
    "maskrcnn_resnet101_fpn": (3500, 700),
    "maskrcnn_resnet50_fpn_v2": (2950, 1000),
}
"""Bytes a pixel that the network sees, with a trunk that learns and with a frozen one.

Measured as the growth of the peak with the batch, in float32 on a CPU.
"""
_BYTES_A_ROI = {"fcn_56": 36_000, "fcn_112": 175_000, "pointrend_112": 12_000, "separable_28": 7_000}
"""Bytes a channel that other mask heads take for an object's RoI beyond what the plain one takes; measured likewise."""
_OBJECTS_OF_ROIS = 0.25
"""Most RoIs that are objects, as a share of train.rois; of those, train.mask_rois meet the mask head."""


def advise_freeze(survey: Survey, plans: Plans) -> Advice:
    """Let the trunk learn where there are images enough for it, or where it has nothing to keep for this dataset.

    Drawn shapes are far from photographs: with the trunk frozen and learning, mask AP was 0.70 and 0.78 on 14 images
    of nuts, and 0.30 and 0.40 on 97 of cells.
    """
    number, weights = training_images(survey, plans), plans.model.weights
    if weights == "none":
        return Advice("train", "freeze", "none", "model.weights: none leaves nothing worth keeping")
    if weights == "rehead_shapes":
        return Advice("train", "freeze", "none", "a trunk that has seen drawn shapes alone has other images to learn")
    if number >= _ENOUGH_IMAGES:
        return Advice("train", "freeze", "none", f"{number:.0f} images are enough to train the trunk as well")
    return Advice("train", "freeze", "backbone", f"{number:.0f} images are few: the trunk keeps what it learned before")


def advise_thaw(survey: Survey, plans: Plans) -> Advice:
    """Take a thaw back, since what is frozen and for how long is decided anew."""
    return Advice("train", "thaw", None, "train.freeze and train.epochs are chosen anew; thaw again once they stand")


def advise_rois(survey: Survey, plans: Plans) -> Advice:
    """Let the heads learn from more of a photograph than the demo's few."""
    own, usual = plans.train.rois, TrainPlan().rois
    if own not in (_DEMO_ROIS, usual):
        return Advice("train", "rois", own, "as it was")
    because = "14 photographs of nuts: mask AP 0.65 with 64, 0.52 with the demo's 32 (one seed)"
    return Advice("train", "rois", usual, because)


def advise_batch_size(survey: Survey, plans: Plans) -> Advice:
    """Take the largest power of two that fits into memory and leaves an epoch some steps."""
    sizes = batch_sizes(_samples(survey, plans), device="cuda" if survey.memory.gpu else "cpu")
    fitting = [size for size in sizes if estimate_bytes(survey, plans, batch_size=size) <= survey.memory.usable]
    size = max(fitting, default=1)
    told = f"takes an estimated {in_gib(estimate_bytes(survey, plans, batch_size=size))} of {survey.memory}"
    if not fitting:
        return Advice("train", "batch_size", 1, f"one image {told}: lower model.input_size if that is too much")
    return Advice("train", "batch_size", size, told)


def advise_epochs(survey: Survey, plans: Plans) -> Advice:
    """Aim at some hundred steps, which is what new heads need."""
    images = _samples(survey, plans)
    size = plans.train.images_at_once
    steps = max(1, ceil(images / size))
    number = min(_MOST_EPOCHS, max(_LEAST_EPOCHS, round(_STEPS / steps)))
    what = "images" if plans.data.tile is None else "tiles"
    because = f"{number * steps} steps of {size} {what}, {images:.0f} an epoch"
    return Advice("train", "epochs", number, because)


def advise_lr(survey: Survey, plans: Plans) -> Advice:
    """Halve the demo's rate, which is for heads of drawn shapes over a frozen trunk."""
    own, usual = plans.train.lr, TrainPlan().lr
    if own not in (_DEMO_LR, usual) or plans.train.optimizer != "adamw":
        return Advice("train", "lr", own, "as it was")
    why = "which was no better on photographs" if _trunk_stays_frozen(plans) else "as tried with a trunk that learns"
    return Advice("train", "lr", usual, f"half the demo's {_DEMO_LR}, {why}")


def estimate_bytes(survey: Survey, plans: Plans, *, batch_size: int) -> float:
    """Estimate the peak of a training step over nearly the largest images; how many objects they hold hardly counts."""
    pixels = np.quantile(pixels_seen(survey.measured, plans), 0.95)
    image = _BYTES_A_PIXEL[plans.model.arch][_trunk_stays_frozen(plans)] * pixels
    width = (plans.model.mask_layers or SIZES[plans.model.arch].mask_layers)[-1]
    masks = _BYTES_A_ROI.get(plans.model.mask_head, 0) * width * _masks_an_image(plans.train)
    return float(_FIXED_BYTES + batch_size * (image + masks))


def _masks_an_image(train: TrainPlan) -> float:
    """Count the RoIs of an image that may meet the mask head."""
    objects = _OBJECTS_OF_ROIS * train.rois
    return objects if train.mask_rois is None else min(objects, train.mask_rois)


def _trunk_stays_frozen(plans: Plans) -> bool:
    """Tell whether no part of the trunk learns in any epoch; one that learns in part is counted as a whole."""
    depths = get_args(FreezeDepth)
    return depths.index(plans.train.freeze_at(plans.train.epochs)) >= depths.index("stage4")


def _samples(survey: Survey, plans: Plans) -> float:
    """Count the images, or their tiles, of an epoch."""
    return training_images(survey, plans) * float(samples_an_image(survey.measured, plans).mean())
