"""Large training images in tiles: their pixels, their truth, what is left out, and what is written down."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rehead.coco.canonical import write_dataset
from rehead.coco.ingestion import ingest
from rehead.coco.plan import DataPlan, ShapesPlan, TilePlan
from rehead.coco.records import Annotation, Category, Dataset, ImageRecord
from rehead.coco.rle import decode, encode
from rehead.coco.tiling import Tiling, cut_dataset

SIDE, TILE = 160, TilePlan(size=100, overlap=0.25)
Document = dict[str, Any]
Manifest = dict[str, Any]


def _square(x: int, y: int, side: int = 20, *, width: int = SIDE, height: int = SIDE) -> Annotation:
    mask = np.zeros((height, width), dtype=bool)
    mask[y : y + side, x : x + side] = True
    return Annotation(1, 1, 1, (x, y, side, side), side * side, 0, encode(mask)["counts"])


@pytest.fixture
def split_of(decoder: Any, tmp_path: Path) -> Callable[..., Dataset]:
    """Give a split of one noise image with these objects in it."""

    def _split_of(name: str, *things: Annotation, width: int = SIDE, height: int = SIDE) -> Dataset:
        path = tmp_path / "source" / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        pixels = np.random.default_rng(len(name)).integers(0, 255, (height, width, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        (found,) = decoder.inspect([path])
        image = ImageRecord(1, f"{name}.png", width, height, path, found.facts)
        return Dataset((Category(1, "nut"),), (image,), things)

    return _split_of


@pytest.fixture
def cut(split_of: Callable[..., Dataset], tmp_path: Path) -> Callable[..., Tiling]:
    """Cut a training split with these objects."""

    def _cut(*things: Annotation, tile: TilePlan = TILE, **size: int) -> Tiling:
        folder = tmp_path / f"tiles{len(list(tmp_path.glob('tiles*')))}"
        folder.mkdir()
        return cut_dataset(split_of("train", *things, **size), tile, folder)

    return _cut


@pytest.fixture
def write(split_of: Callable[..., Dataset], cut: Callable[..., Tiling], tmp_path: Path) -> Callable[..., Manifest]:
    """Write a canonical dataset whose training split is cut."""

    def _write(*things: Annotation, tile: TilePlan = TILE) -> Manifest:
        splits = {name: split_of(name, *things) for name in ("train", "val", "test")}
        return write_dataset(tmp_path / "dataset", splits, source="x", tiling=cut(*things, tile=tile))

    return _write


def _read(tmp_path: Path, split: str) -> Document:
    document: Document = json.loads((tmp_path / "dataset" / f"{split}.json").read_text(encoding="utf-8"))
    return document


def _pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_tiles_show_the_pixels_of_their_place(write: Callable[..., Manifest], tmp_path: Path) -> None:
    tiles = write(_square(70, 70))["tiles"]
    whole = _pixels(tmp_path / "source/train.png")
    assert len(tiles) == 4
    for name, origin in tiles.items():
        x, y = origin["x"], origin["y"]
        np.testing.assert_array_equal(_pixels(tmp_path / "dataset/images" / name), whole[y : y + 100, x : x + 100])


def test_tiles_name_the_image_that_they_were_cut_from(write: Callable[..., Manifest]) -> None:
    manifest = write(_square(70, 70))
    assert manifest["tile"] == {"size": 100, "overlap": 0.25}
    assert sorted((o["image"], o["x"], o["y"]) for o in manifest["tiles"].values()) == [
        ("train.png", x, y) for x in (0, 60) for y in (0, 60)
    ]


def test_each_tile_has_the_truth_that_it_shows(write: Callable[..., Manifest], tmp_path: Path) -> None:
    origins = write(_square(70, 70))["tiles"]
    train = _read(tmp_path, "train")
    names = {image["id"]: image["file_name"] for image in train["images"]}
    whole = np.zeros((SIDE, SIDE), np.uint8)
    whole[70:90, 70:90] = 1
    for annotation in train["annotations"]:
        origin = origins[names[annotation["image_id"]]]
        shown = whole[origin["y"] :, origin["x"] :][:100, :100]
        np.testing.assert_array_equal(decode(annotation["segmentation"]), shown)
    assert len(train["annotations"]) == 4


def test_validation_and_test_stay_whole(write: Callable[..., Manifest], tmp_path: Path) -> None:
    write(_square(70, 70))
    for split in ("val", "test"):
        document = _read(tmp_path, split)
        assert [(i["width"], i["height"], i["file_name"]) for i in document["images"]] == [(SIDE, SIDE, f"{split}.png")]
        assert len(document["annotations"]) == 1


def test_of_empty_tiles_half_as_many_are_kept_as_there_are_with_objects(cut: Callable[..., Tiling]) -> None:
    tiling = cut(_square(5, 5), _square(5, 130))
    labelled = {annotation.image_id for annotation in tiling.data.annotations}
    assert (len(tiling.data.images), len(labelled)) == (3, 2)
    assert tiling.summary == "1 image in 3 tiles (1 tile without objects left out)"


def test_tiles_with_nothing_but_a_sliver_are_left_out(cut: Callable[..., Tiling]) -> None:
    assert {(origin.x, origin.y) for origin in cut(_square(43, 10)).origins.values()} == {(0, 0)}


def test_an_image_no_larger_than_a_tile_stays_as_it_is(cut: Callable[..., Tiling], tmp_path: Path) -> None:
    tiling = cut(_square(5, 5, width=100, height=60), width=100, height=60)
    assert (tiling.origins, tiling.data.images[0].path) == ({}, tmp_path / "source/train.png")
    assert tiling.summary == "no image is larger than a tile"


def test_cutting_twice_gives_the_same_files(write: Callable[..., Manifest]) -> None:
    assert write(_square(5, 5)) == write(_square(5, 5))


def test_other_tiles_are_another_training_set_but_the_same_test(write: Callable[..., Manifest]) -> None:
    splits = [write(_square(5, 5), tile=TilePlan(size=size))["splits"] for size in (100, 120)]
    assert splits[0]["train"]["fingerprint"] != splits[1]["train"]["fingerprint"]
    assert splits[0]["test"] == splits[1]["test"]


def test_images_are_counted_as_the_source_has_them(write: Callable[..., Manifest]) -> None:
    train = write(_square(70, 70))["splits"]["train"]
    assert (train["source_images"], train["images"]) == (1, 4)


def test_ingest_tells_how_many_tiles_it_cut_and_leaves_none_behind(tmp_path: Path) -> None:
    plan = DataPlan(shapes=ShapesPlan(train=2, val=1, test=1, size=96), tile=TilePlan(size=64, overlap=0.5))
    report = ingest(plan, tmp_path / "dataset").report
    assert report["splits"]["train"]["how"].startswith("given by the source; 2 images in 8 tiles")
    assert [path.name for path in tmp_path.iterdir()] == ["dataset"]
