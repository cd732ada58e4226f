"""The boxes on which an operator is judged: seeded random ones, and named ones for each way to go wrong.

All coordinates are exact in float32, so every precision is asked about the same box.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from rehead.params import Section

Floats = NDArray[np.float64]

INSIDE, BORDER, TOGETHER = "inside", "border", "all"
IMAGE_HEIGHT, IMAGE_WIDTH, STRIDE, CHANNELS = 160, 200, 4, 2
PYRAMID_IMAGES, PYRAMID_SIDE, PYRAMID_STRIDES = 3, 512, (4, 8, 16, 32)

NAMED_BOXES: dict[str, tuple[float, float, float, float]] = {
    "a whole pixel of the map": (40, 40, 44, 44),
    "smaller than a pixel of the map": (41.25, 62.5, 42.75, 63.125),
    "a thousandth of a pixel": (100, 80, 100.001, 80.001),
    "without width": (60, 30, 60, 90),
    "without height": (30, 60, 90, 60),
    "a point": (77, 33, 77, 33),
    "a point in the corner": (0, 0, 0, 0),
    "a point in the far corner": (200, 160, 200, 160),
    "the whole image": (0, 0, 200, 160),
    "bins of whole pixels": (28, 28, 84, 84),
    "half a pixel of the map": (22, 18, 78, 74),
    "at the left border": (0, 40, 30, 90),
    "at the top border": (50, 0, 120, 22),
    "at the right border": (170, 40, 200, 90),
    "at the bottom border": (50, 140, 120, 160),
    "over the left border": (-11, 40, 30, 90),
    "over the top border": (50, -9, 120, 22),
    "over the right border": (170, 40, 213, 90),
    "over the bottom border": (50, 140, 120, 171),
    "over a corner": (-30, -26, 18, 21),
    "within one pixel outside": (-4, -4, 0, 0),
    "beyond one pixel outside": (-60, -60, -20, -20),
    "beyond the far corner": (230, 190, 290, 240),
    "larger than the image": (-40, -50, 260, 230),
    "far larger than the image": (-400, -400, 900, 900),
    "long and thin": (2.5, 81, 197.5, 83.25),
}


class AgreementPlan(Section):
    """The `roi_align` section of params.yaml: on what the operator is judged."""

    boxes: int = Field(default=100, ge=100, le=2000)
    """Random boxes beside the named ones."""
    seed: int = Field(default=0, ge=0)
    """Seed that the boxes are drawn with."""


@dataclass(frozen=True)
class Cases:
    """Boxes with names, each over a feature map of its own: `rois_k5` (map, x1, y1, x2, y2), `features_nchw`, `scale`.

    With one box a map, a gradient is that of one box, and the box that is wrong can be named.
    """

    names: tuple[str, ...]
    rois_k5: Floats
    features_nchw: Floats
    scale: float

    @property
    def inside_k(self) -> NDArray[np.bool_]:
        """Mark boxes whose samples all lie between pixel centres, so that no border rule plays a part."""
        height, width = self.features_nchw.shape[-2:]
        first_k2, last_k2 = self.rois_k5[:, 1:3] * self.scale, self.rois_k5[:, 3:5] * self.scale
        last_k2 = np.maximum(last_k2, first_k2 + 1)
        return np.asarray(((first_k2 >= 0.5) & (last_k2 <= [width - 1, height - 1])).all(axis=1))

    @property
    def shared(self) -> bool:
        """Tell whether several boxes read the same map, so that a gradient is that of all of them."""
        return len(self.features_nchw) < len(self.names)

    @property
    def map_names(self) -> tuple[str, ...]:
        """Name each map by its only box, or by its number."""
        return tuple(f"map {n}" for n in range(len(self.features_nchw))) if self.shared else self.names

    def places(self) -> Mapping[str, NDArray[np.bool_]]:
        """Group the boxes K by whether the border concerns them; none is without a group, no group is empty."""
        groups = {INSIDE: self.inside_k, BORDER: ~self.inside_k}
        return {name: chosen for name, chosen in groups.items() if chosen.any()}


def draw_cases(plan: AgreementPlan) -> Cases:
    """Draw the random boxes, add the named ones, and give each a map of random values in 0..1."""
    generator = np.random.default_rng(plan.seed)
    random_k4 = draw_boxes(plan.boxes, generator, height=IMAGE_HEIGHT, width=IMAGE_WIDTH, margin=20.0)
    boxes_k4 = np.concatenate([random_k4, np.asarray(list(NAMED_BOXES.values()), dtype=np.float32).astype(np.float64)])
    image_k1 = np.arange(len(boxes_k4))[:, None]
    shape = (len(boxes_k4), CHANNELS, IMAGE_HEIGHT // STRIDE, IMAGE_WIDTH // STRIDE)
    return Cases(
        names=(*(f"random box {index}" for index in range(plan.boxes)), *NAMED_BOXES),
        rois_k5=np.concatenate([image_k1, boxes_k4], axis=1),
        features_nchw=exact(generator.random(shape)),
        scale=1 / STRIDE,
    )


def share_maps(cases: Cases, *, maps: int) -> Cases:
    """Deal the same boxes to a few maps, as a batch of images has them."""
    rois_k5 = cases.rois_k5.copy()
    rois_k5[:, 0] = np.arange(len(rois_k5)) % maps
    return Cases(cases.names, rois_k5, cases.features_nchw[:maps], cases.scale)


def halve_precision(cases: Cases) -> Cases:
    """Keep the boxes that no border rule concerns, with maps and boxes rounded to float16."""
    rois_k5, features_nchw = (
        values.astype(np.float16).astype(np.float64) for values in (cases.rois_k5, cases.features_nchw)
    )
    kept = Cases(cases.names, rois_k5, features_nchw, cases.scale).inside_k
    rois_k5 = rois_k5[kept]
    rois_k5[:, 0] = range(len(rois_k5))
    return Cases(tuple(compress(cases.names, kept)), rois_k5, features_nchw[kept], cases.scale)


def draw_boxes(count: int, generator: np.random.Generator, *, height: int, width: int, margin: float) -> Floats:
    """Draw boxes (K,4) of all sizes and shapes, their centres up to `margin` pixels outside the image."""
    centres = generator.uniform([-margin, -margin], [width + margin, height + margin], size=(count, 2))
    halves = np.exp(generator.uniform(np.log(0.5), np.log(max(height, width) / 2), size=(count, 2)))
    return exact(np.concatenate([centres - halves, centres + halves], axis=1))


def draw_pyramid(seed: int) -> dict[int, Floats]:
    """Draw a map N,C,H,W of random values for each stride of the pyramid."""
    generator = np.random.default_rng(seed)
    sides = {stride: PYRAMID_SIDE // stride for stride in PYRAMID_STRIDES}
    return {stride: exact(generator.random((PYRAMID_IMAGES, CHANNELS, side, side))) for stride, side in sides.items()}


def pyramid_boxes() -> dict[str, tuple[float, float, float, float]]:
    """Name boxes for every level of the pyramid: inside it, on its threshold and a pixel to either side of it."""
    boxes = {f"{side} pixels wide": (20.0, 24.0, 20.0 + side, 24.0 + side) for side in (3, 20, 64, 160, 300, 480)}
    for side in (112, 224, 448):
        for offset in (-1, 0, 1):
            boxes[f"threshold {side} {offset:+d}"] = (8.5, 5.25, 8.5 + side + offset, 5.25 + side + offset)
    return boxes | {"tall, threshold by area": (100.0, 10.0, 212.0, 458.0), "a point": (50.0, 60.0, 50.0, 60.0)}


def exact(values: Floats) -> Floats:
    """Round to float32 and back, so that both precisions hold the same numbers."""
    return values.astype(np.float32).astype(np.float64)
