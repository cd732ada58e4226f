"""What each tile shows of an object: its mask, box and area there, and whether that is enough to learn from."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rehead.coco.records import Annotation, ImageRecord
from rehead.coco.rle import bounding_box
from rehead.coco.windows import Crop, Window, crop_of, pixels_seen, seen_through

_LEAST_VISIBLE = 0.25
"""Share of an object, or of a tile, below which a part that another tile shows better is nothing to learn from."""


def pieces_of(
    annotation: Annotation, image: ImageRecord, windows: Sequence[Window]
) -> Iterator[tuple[Window, Annotation]]:
    """Yield the windows that show something of an object, with what they show in their own pixels.

    A part with less than a quarter of the object, or of the tile, becomes a region to ignore if another window shows
    all of it and more. So every pixel of an object is in a part that stays, however large the object.
    """
    crop = crop_of({"size": [image.height, image.width], "counts": annotation.counts})
    near = [window for window in windows if window.meets(crop.window)]
    seen = {window: pixels for window in near if (pixels := pixels_seen(window, crop))}
    whole = int(crop.mask_hw.sum())
    for window, pixels in seen.items():
        little = pixels < _LEAST_VISIBLE * min(whole, window.width * window.height)
        better = (other for other, more in seen.items() if more > pixels)
        ignored = little and any(pixels_seen(window.common(other), crop) == pixels for other in better)
        piece = _piece(annotation, crop, window)
        area = annotation.area if pixels == whole else float(pixels)
        yield window, replace(piece, area=area, iscrowd=int(annotation.iscrowd or ignored))


def _piece(annotation: Annotation, crop: Crop, window: Window) -> Annotation:
    """Cut an object; its box ends where the annotated one does if it shows the object's end, else with its mask."""
    box, mask = crop.window, seen_through(window, crop)
    tight_4 = _corners(*bounding_box(mask))
    whole_4 = _corners(box.x - window.x, box.y - window.y, box.width, box.height)
    x, y, width, height = annotation.bbox
    own_4 = _corners(x - window.x, y - window.y, width, height).clip(0, [window.width, window.height] * 2)
    corners_4 = np.where(tight_4 == whole_4, own_4, tight_4)
    if not (corners_4[2:] > corners_4[:2]).all():  # a box far from its mask, which the policy let pass
        corners_4 = tight_4
    x1, y1, x2, y2 = corners_4.tolist()
    return replace(annotation, bbox=(x1, y1, x2 - x1, y2 - y1), counts=mask["counts"])


def _corners(x: float, y: float, width: float, height: float) -> NDArray[np.float64]:
    return np.array([x, y, x + width, y + height], np.float64)
