"""Training images as they are and as single epochs see them, side by side, their masks outlined."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw

from rehead.coco.rle import crop_to_rle
from rehead.coco.windows import Window
from rehead.dataset.batches import EpochSamples, nothing_known
from rehead.dataset.ordering import Visit
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Sample, Split
from rehead.reporting import palette
from rehead.reporting.overlays import Pixels, outline_objects
from rehead.reporting.sheets import draw_legend, stack_strips
from rehead.training.plan import TrainPlan

_CELL, _GAP, _HEADING = 320, 12, 36
_FIRST = 3
_INK = (32, 36, 42)
_MOST_KEYS = 30


def draw_variety(split: Split, plan: TrainPlan, *, images: int) -> Pixels:
    """Draw images spread over a split, one a row, and the epochs of `epochs_shown` as columns; returns RGB uint8."""
    places = np.unique(np.linspace(0, len(split) - 1, min(images, len(split))).astype(int)).tolist()
    epochs = epochs_shown(plan)
    rows = [[split.sample(place), *_seen(split, plan, place, epochs)] for place in places]
    titles = ["as it is", *(f"epoch {epoch}" for epoch in epochs)]
    names = dict(enumerate(split.classes, start=1))
    strips = [_headings(titles), *(_row([_cell(sample, names) for sample in row]) for row in rows)]
    if 1 < len(names) <= _MOST_KEYS:
        strips.append(draw_legend(names, strips[0].width, names=names))
    return stack_strips(strips, _GAP)


def epochs_shown(plan: TrainPlan) -> list[int]:
    """Name the first epochs, and the last, which strong augmentation may have left."""
    return sorted({*range(1, min(_FIRST, plan.epochs) + 1), plan.epochs})


def varied_by(plan: AugmentPlan) -> str:
    """Say which changes are on."""
    changes = plan.model_dump(mode="json", exclude={"strong_until"})
    found = ", ".join(f"{name} {value}" for name, value in changes.items() if value and value != [1.0, 1.0])
    if not found:
        return "nothing is varied"
    rest = f"; after {plan.strong_until:.0%} of the epochs, pictures are only mirrored and turned"
    return found if plan.finite or plan.strong_until == 1.0 else found + rest


def _seen(split: Split, plan: TrainPlan, place: int, epochs: list[int]) -> Iterator[Sample]:
    for epoch in epochs:
        sample = EpochSamples(split, plan.augment_at(epoch), plan.seed, epoch, nothing_known)[Visit(place, 0)]
        if not isinstance(sample, Sample):
            raise sample
        yield sample


def _cell(sample: Sample, names: dict[int, str]) -> Pixels:
    """Outline a sample's objects on its picture, its longer side as long as a cell."""
    height, width = sample.size_hw
    pixels_hw3 = (sample.image_chw * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
    objects = [
        {"category_id": label, "segmentation": crop_to_rle(crop.mask_hw, crop.x, crop.y, height, width)}
        for label, crop in zip(sample.labels_n.tolist(), sample.crops, strict=True)
    ]
    scale = _CELL / max(height, width)
    return outline_objects(pixels_hw3, objects, names, view=Window(0, 0, width, height), scale=scale)[0]


def _headings(titles: list[str]) -> Image.Image:
    strip = Image.new("RGB", (len(titles) * (_CELL + _GAP) - _GAP, _HEADING), "white")
    for at, title in enumerate(titles):
        ImageDraw.Draw(strip).text(
            (at * (_CELL + _GAP), _HEADING - 10), title, font=palette.font(18), fill=_INK, anchor="ls"
        )
    return strip


def _row(cells: list[Pixels]) -> Image.Image:
    """Set pictures side by side, each in the middle of its cell, the strip as high as the highest."""
    height = max(cell.shape[0] for cell in cells)
    strip = Image.new("RGB", (len(cells) * (_CELL + _GAP) - _GAP, height + _GAP), "white")
    for at, cell in enumerate(cells):
        strip.paste(
            Image.fromarray(cell),
            (at * (_CELL + _GAP) + (_CELL - cell.shape[1]) // 2, (height - cell.shape[0]) // 2),
        )
    return strip
