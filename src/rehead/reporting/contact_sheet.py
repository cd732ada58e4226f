"""A contact sheet of a dataset: its worst pictures first, masks outlined, each with the reason why it is there."""

import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from rehead.coco.decoding import decode_image
from rehead.coco.records import Dataset, ImageRecord
from rehead.reporting import palette
from rehead.reporting.overlays import Pixels, class_position, outline_objects
from rehead.reporting.sheets import as_webp, draw_legend, stack_strips
from rehead.reporting.wording import shortened
from rehead.reporting.worst_cases import GROUPS, Case, find_cases

CELL = 360
"""Longer side of a tile in pixels."""
_GAP = 20
_HEADING = 56
_LINE = 19
_LINES = 3
_WRAP = 44
_INK, _SOFT, _GROUND = (32, 36, 42), (89, 99, 111), (240, 242, 244)
_MOST_KEYS = 100


@dataclass(frozen=True)
class Tile:
    """One picture of the sheet: its group, why it is there, where it is from, its classes and their colours by id."""

    group: str
    because: str
    source: str
    pixels_hw3: Pixels
    present: Mapping[int, str]
    colours: Mapping[int, str]

    @property
    def webp(self) -> bytes:
        """The picture as the bytes of a WebP file."""
        return as_webp(self.pixels_hw3)


def draw_tiles(splits: Mapping[str, Dataset], *, each: int = 4, seed: int = 0) -> list[Tile]:
    """Draw the worst cases and some typical ones; none where no picture was looked at."""
    cases = find_cases(splits, each=each, seed=seed)
    places: defaultdict[Path | None, list[int]] = defaultdict(list)
    for place, case in enumerate(cases):
        places[case.image.path].append(place)
    tiles: dict[int, Tile] = {}
    for own in places.values():
        image_hw3 = _decoded(cases[own[0]].image)
        tiles |= {place: _tile(cases[place], image_hw3) for place in own}
    return [tiles[place] for place in range(len(cases))]


def compose_sheet(tiles: Sequence[Tile], names: Mapping[int, str], *, columns: int = 4) -> Pixels:
    """Lay tiles out under the headings of their groups, with captions, and name the colours of the classes at the end.

    `names` are all classes by id. Raises ValueError without tiles.
    """
    if not tiles:
        raise ValueError("tiles is empty: a contact sheet needs at least one")
    strips = list(_strips(tiles, names, columns * (CELL + _GAP) - _GAP))
    return stack_strips(strips, _GAP)


def _decoded(image: ImageRecord) -> Pixels:
    assert image.path is not None, "cases are of pictures that were looked at"
    return np.array(decode_image(image.path.read_bytes(), max_pixels=image.width * image.height).image)


def _tile(case: Case, image_hw3: Pixels) -> Tile:
    size = [case.image.height, case.image.width]
    objects: list[dict[str, Any]] = [
        {"category_id": a.category_id, "iscrowd": a.iscrowd, "segmentation": {"size": size, "counts": a.counts}}
        for a in case.objects
    ]
    scale = CELL / max(case.view.width, case.view.height)
    canvas, regions = outline_objects(image_hw3, objects, case.names, view=case.view, scale=scale)
    present = {o["category_id"] for o, region in zip(objects, regions, strict=True) if region.inside_hw.any()}
    source = f"{shortened(Path(case.image.file_name).name, longest=_WRAP - 10)}, {case.split}"
    pixels = canvas if case.focus is None else _marked(canvas, case, scale)
    colours = {key: palette.as_hex(palette.colour(class_position(key, case.names))) for key in sorted(present)}
    return Tile(case.group, case.because, source, pixels, {key: case.names[key] for key in colours}, colours)


def _marked(canvas_hw3: Pixels, case: Case, scale: float) -> Pixels:
    """Put a thin frame around the object that the picture is about, a little away from it."""
    assert case.focus is not None
    x, y, wide, high = case.focus
    left, top = (x - case.view.x) * scale - 7, (y - case.view.y) * scale - 7
    picture = Image.fromarray(canvas_hw3)
    brush = ImageDraw.Draw(picture)
    for inset, tint in ((0, (0, 0, 0)), (1, (255, 255, 255)), (2, (255, 255, 255)), (3, (0, 0, 0))):
        box = (left + inset, top + inset, left + wide * scale + 14 - inset, top + high * scale + 14 - inset)
        brush.rounded_rectangle(box, radius=5, outline=tint)
    return np.array(picture)


def _strips(tiles: Sequence[Tile], names: Mapping[int, str], width: int) -> Iterator[Image.Image]:
    """Yield headings, rows of tiles and the legend, each as wide as the sheet."""
    columns = (width + _GAP) // (CELL + _GAP)
    for group, title in GROUPS.items():
        members = [tile for tile in tiles if tile.group == group]
        if members:
            yield _heading(title, width)
        yield from (_row(members[at : at + columns], width) for at in range(0, len(members), columns))
    present = {key: name for tile in tiles for key, name in tile.present.items()}
    if len(names) > 1 and len(present) <= _MOST_KEYS:
        yield draw_legend(dict(sorted(present.items())), width, names=names)


def _heading(text: str, width: int) -> Image.Image:
    strip = Image.new("RGB", (width, _HEADING), "white")
    ImageDraw.Draw(strip).text((0, _HEADING - 14), text, font=palette.font(22), fill=_INK, anchor="ls")
    return strip


def _row(tiles: Sequence[Tile], width: int) -> Image.Image:
    strip = Image.new("RGB", (width, CELL + 8 + _LINES * _LINE + 6), "white")
    brush = ImageDraw.Draw(strip)
    for at, tile in enumerate(tiles):
        left = at * (CELL + _GAP)
        height, wide = tile.pixels_hw3.shape[:2]
        brush.rectangle((left, 0, left + CELL - 1, CELL - 1), fill=_GROUND)
        spot = (left + (CELL - wide) // 2, (CELL - height) // 2)
        strip.paste(Image.fromarray(tile.pixels_hw3), spot)
        lines = [(line, _INK) for line in textwrap.wrap(tile.because, _WRAP)[: _LINES - 1]]
        for row, (line, tint) in enumerate([*lines, (tile.source, _SOFT)]):
            brush.text((left, CELL + 8 + row * _LINE), line, font=palette.font(14), fill=tint)
    return strip
