"""Pictures set on sheets: two side by side, strips below each other, legends; and their files."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from rehead.files import write_atomically
from rehead.reporting import chips, palette
from rehead.reporting.overlays import Pixels, class_position

_HEADER = 36
_GAP = 12
_LEGEND_ROW = 30
_INK = (32, 36, 42)


def compose_comparison(
    truth_hw3: Pixels, prediction_hw3: Pixels, shown: Mapping[int, str], *, names: Mapping[int, str]
) -> Pixels:
    """Set two drawn pictures of one size side by side under the words truth and prediction, above a legend of `shown`.

    `names` holds all classes, whose order decides the colours; with a single class there is no legend.
    """
    height, width = truth_hw3.shape[:2]
    total = 2 * width + _GAP
    legend = draw_legend(shown, total, names=names) if len(names) > 1 and shown else None
    sheet = Image.new("RGB", (total, _HEADER + height + (legend.height if legend else 0)), "white")
    brush = ImageDraw.Draw(sheet)
    for left, title, pane in ((0, "truth", truth_hw3), (width + _GAP, "prediction", prediction_hw3)):
        brush.text((left + 4, _HEADER / 2), title, font=palette.font(18), fill=_INK, anchor="lm")
        sheet.paste(Image.fromarray(pane), (left, _HEADER))
    if legend:
        sheet.paste(legend, (0, _HEADER + height))
    return np.array(sheet)


def draw_legend(shown: Mapping[int, str], width: int, *, names: Mapping[int, str]) -> Image.Image:
    """Draw a swatch and a name for each class, in as many rows as the width asks for."""
    letters = palette.font(16)
    spots, left, row = [], 4, 0
    for key, name in shown.items():
        text = chips.fit_text(name, width - 40, size=16)
        step = round(letters.getlength(text)) + 46
        if left > 4 and left + step > width:
            left, row = 4, row + 1
        spots.append((left, row * _LEGEND_ROW + _LEGEND_ROW // 2 + 4, key, text))
        left += step
    strip = Image.new("RGB", (width, (row + 1) * _LEGEND_ROW + 8), "white")
    brush = ImageDraw.Draw(strip)
    for x, y, key, text in spots:
        tint = palette.colour(class_position(key, names))
        brush.rounded_rectangle((x, y - 7, x + 14, y + 7), radius=3, fill=tint, outline=_INK)
        brush.text((x + 22, y), text, font=letters, fill=_INK, anchor="lm")
    return strip


def stack_strips(strips: Sequence[Image.Image], gap: int) -> Pixels:
    """Set strips of one width below each other on white, `gap` pixels from the edges; returns RGB uint8."""
    sheet = Image.new("RGB", (strips[0].width + 2 * gap, sum(strip.height for strip in strips) + gap), "white")
    top = 0
    for strip in strips:
        sheet.paste(strip, (gap, top))
        top += strip.height
    return np.array(sheet)


def read_rgb(path: Path) -> Pixels:
    """Read a picture as RGB uint8 of HxWx3."""
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def write_png(path: Path, image_hw3: Pixels) -> None:
    """Write an RGB picture as PNG, whole or not at all."""
    buffer = BytesIO()
    Image.fromarray(image_hw3).save(buffer, format="PNG")
    write_atomically(path, buffer.getvalue())


def as_webp(image_hw3: Pixels, *, quality: int = 86) -> bytes:
    """Return an RGB picture as the bytes of a WebP file."""
    buffer = BytesIO()
    Image.fromarray(image_hw3).save(buffer, format="WEBP", quality=quality)
    return buffer.getvalue()
