"""Tiles with outlined masks, and the sheet that they are laid out on."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rehead.coco import rle
from rehead.coco.records import Annotation, Category, Dataset, ImageRecord
from rehead.reporting import palette
from rehead.reporting.contact_sheet import CELL, Tile, compose_sheet, draw_tiles
from tests.reporting.datasets import squares

NAMES = {1: "circle", 2: "star"}


@pytest.fixture
def tiles(tmp_path: Path) -> list[Tile]:
    data = squares({"a.png": [(2, 2, 6), (50, 30, 12)], "b.png": []}, folder=tmp_path)
    return draw_tiles({"train": data})


def test_the_longer_side_of_a_tile_fills_its_cell(tiles: list[Tile]) -> None:
    assert {max(tile.pixels_hw3.shape) for tile in tiles} == {CELL}


def test_objects_are_outlined_in_the_colours_of_their_classes(tiles: list[Tile]) -> None:
    crowded = next(tile for tile in tiles if tile.group == "crowded")
    for label in crowded.present:
        assert (crowded.pixels_hw3 == palette.colour(label - 1)).all(axis=2).any()


def test_a_tile_says_where_it_is_from(tiles: list[Tile]) -> None:
    assert {tile.source for tile in tiles} == {"a.png, train", "b.png, train"}


def test_a_tile_names_only_the_classes_that_are_in_view(tiles: list[Tile]) -> None:
    assert next(tile for tile in tiles if tile.group == "smallest").present == {1: "circle"}


def test_a_name_of_a_file_that_turns_its_line_around_is_escaped(tmp_path: Path) -> None:
    tile = draw_tiles({"train": squares({"x\u202egnp.exe": [(2, 2, 6)]}, folder=tmp_path)})[0]
    assert tile.source == "x\\u202egnp.exe, train"


@pytest.mark.parametrize("side", [16, 3000])
def test_outlines_are_two_pixels_wide_on_pictures_of_any_size(side: int, tmp_path: Path) -> None:
    Image.new("RGB", (side, side), (90, 90, 90)).save(tmp_path / "one.png")
    mask_hw = np.zeros((side, side), dtype=np.uint8)
    quarter = side // 4
    mask_hw[quarter : 3 * quarter, quarter : 3 * quarter] = 1
    box = (float(quarter), float(quarter), 2.0 * quarter, 2.0 * quarter)
    thing = Annotation(1, 1, 1, box, float(mask_hw.sum()), 0, rle.encode(mask_hw)["counts"])
    crowd = Annotation(2, 1, 1, box, float(mask_hw.sum()), 0, rle.encode(np.fliplr(mask_hw))["counts"])
    image = ImageRecord(1, "one.png", side, side, tmp_path / "one.png")
    data = Dataset((Category(1, "circle"), Category(2, "star")), (image,), (thing, crowd))
    whole = next(tile for tile in draw_tiles({"train": data}) if tile.group == "crowded")
    across = (whole.pixels_hw3[CELL // 2] == palette.colour(0)).all(axis=1)
    assert int(across.sum()) == 4


def test_the_sheet_has_headings_captions_and_a_legend(tiles: list[Tile]) -> None:
    bare = compose_sheet(tiles, {1: "circle"})
    assert compose_sheet(tiles, NAMES).shape[0] > bare.shape[0]


def test_the_sheet_is_as_wide_as_its_columns(tiles: list[Tile]) -> None:
    two, four = (compose_sheet(tiles, NAMES, columns=columns).shape[1] for columns in (2, 4))
    assert four - two == 2 * (CELL + 20)


def test_an_empty_sheet_is_refused() -> None:
    with pytest.raises(ValueError, match="tiles is empty"):
        compose_sheet([], NAMES)
