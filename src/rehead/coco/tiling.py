"""Large images of a split cut into overlapping tiles: each is an image of its own with the truth that it shows.

Only training images are cut. Truth for evaluation stays whole, so that scores are those of whole images.
"""

import hashlib
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from rehead.coco.decoding import Decoded, decode_image
from rehead.coco.pieces import pieces_of
from rehead.coco.plan import TilePlan
from rehead.coco.records import Annotation, Dataset, ImageRecord
from rehead.coco.windows import Window, grid
from rehead.progress import followed

_EMPTY_SHARE = 0.5
"""Most empty tiles, as a share of those with objects: enough to learn what is nothing, too few to drown the rest."""
_LONGEST_STEM = 80


@dataclass(frozen=True)
class Origin:
    """Where a tile was cut: the source's name of the image, and the tile's upper left pixel in it."""

    image: str
    x: int
    y: int


@dataclass(frozen=True)
class Tiling:
    """A split with tiles in place of its large images; `origins` has their files, `summary` is for people to read."""

    plan: TilePlan
    data: Dataset
    origins: Mapping[Path, Origin]
    summary: str


@dataclass(frozen=True)
class _Tile:
    """One tile or one image that is not cut, with the annotations that it shows."""

    image: ImageRecord
    window: Window
    annotations: tuple[Annotation, ...]

    @property
    def whole(self) -> bool:
        return (self.window.width, self.window.height) == (self.image.width, self.image.height)

    @property
    def labelled(self) -> bool:
        return any(not a.iscrowd for a in self.annotations)


def cut_dataset(data: Dataset, plan: TilePlan, folder: Path, *, seed: int = 0) -> Tiling:
    """Cut the images of a split that are larger than a tile, and write the tiles into `folder` as PNG.

    Images and annotations are numbered anew. Of the tiles that show nothing, a few are kept, chosen by `seed` and
    their image's pixels; tiles that show nothing but regions to ignore are left out, since training would take those
    for background.
    """
    tiles = list(_tiles(data, plan))
    kept = _chosen(tiles, seed)
    images: list[ImageRecord] = []
    annotations: list[Annotation] = []
    origins: dict[Path, Origin] = {}
    for number, (tile, record) in enumerate(_written(kept, folder), start=1):
        images.append(replace(record, id=number))
        annotations += [replace(a, id=0, image_id=number) for a in tile.annotations]
        if not tile.whole:
            assert record.path is not None
            origins[record.path] = Origin(tile.image.file_name, tile.window.x, tile.window.y)
    cut = replace(data, images=tuple(images), annotations=tuple(annotations))
    return Tiling(plan, cut, origins, _in_words(tiles, kept))


def _tiles(data: Dataset, plan: TilePlan) -> Iterator[_Tile]:
    """Yield each image's tiles with what they show."""
    truth: dict[int, list[Annotation]] = defaultdict(list)
    for annotation in data.annotations:
        truth[annotation.image_id].append(annotation)
    for image in followed(data.images, total=len(data.images), what="masks cut into tiles"):
        windows = grid(image.width, image.height, plan)
        if len(windows) == 1:
            yield _Tile(image, windows[0], tuple(truth[image.id]))
            continue
        shown: dict[Window, list[Annotation]] = defaultdict(list)
        for annotation in truth[image.id]:
            for window, piece in pieces_of(annotation, image, windows):
                shown[window].append(piece)
        for window in windows:
            yield _Tile(image, window, tuple(shown[window]))


def _chosen(tiles: Sequence[_Tile], seed: int) -> list[_Tile]:
    """Keep whole images, tiles with objects, and a stable choice of empty ones."""
    empty = [tile for tile in tiles if not tile.whole and not tile.annotations]
    most = int(_EMPTY_SHARE * sum(tile.labelled for tile in tiles))
    few = {(tile.image.id, tile.window) for tile in sorted(empty, key=lambda tile: _lot(tile, seed))[:most]}
    return [tile for tile in tiles if tile.whole or tile.labelled or (tile.image.id, tile.window) in few]


def _lot(tile: _Tile, seed: int) -> str:
    content = tile.image.facts.pixels if tile.image.facts else tile.image.file_name
    return hashlib.sha256(f"{seed}:{content}:{tile.window.x}:{tile.window.y}".encode()).hexdigest()


def _written(tiles: Sequence[_Tile], folder: Path) -> Iterator[tuple[_Tile, ImageRecord]]:
    """Write the tiles, each image decoded once; yields them with their records."""
    pixels: tuple[int, Image.Image] | None = None
    for number, tile in enumerate(followed(tiles, total=len(tiles), what="tiles written")):
        if tile.whole:
            yield tile, tile.image
            continue
        if pixels is None or pixels[0] != tile.image.id:
            assert tile.image.path is not None, "images are looked at before they are cut"
            size = tile.image.width * tile.image.height
            pixels = tile.image.id, decode_image(tile.image.path.read_bytes(), max_pixels=size).image
        yield tile, _write_tile(tile, pixels[1], folder / f"{number:08d}.png")


def _write_tile(tile: _Tile, pixels: Image.Image, path: Path) -> ImageRecord:
    window, facts = tile.window, tile.image.facts
    assert facts is not None, "images are decoded before they are cut"
    crop = pixels.crop((window.x, window.y, window.right, window.bottom))
    stream = io.BytesIO()
    crop.save(stream, "PNG", compress_level=3)
    path.write_bytes(stream.getvalue())
    seen = Decoded(crop, "PNG", "RGB", window.width, window.height, 1, (), plain=True)
    stem = tile.image.file_name.rpartition(".")[0][:_LONGEST_STEM]
    return replace(
        tile.image,
        file_name=f"{stem}_{window.x}_{window.y}.png",
        width=window.width,
        height=window.height,
        path=path,
        facts=replace(
            facts,
            sha256=hashlib.sha256(stream.getvalue()).hexdigest(),
            pixels=seen.digest,
            width=window.width,
            height=window.height,
            orientation=1,
            format="PNG",
            mode="RGB",
            plain=True,
        ),
    )


def _in_words(tiles: Sequence[_Tile], kept: Sequence[_Tile]) -> str:
    """Say how many images were cut, and what was left out."""
    cut = len({tile.image.id for tile in tiles if not tile.whole})
    if not cut:
        return "no image is larger than a tile"
    whole, pieces = sum(tile.whole for tile in tiles), [tile for tile in kept if not tile.whole]
    ignored = sum(a.iscrowd for tile in pieces for a in tile.annotations)
    images = _counted(cut, "image") if not whole else f"{_counted(cut + whole, 'image')}, {cut} of them"
    left = len(tiles) - len(kept)
    notes = [f"{_counted(left, 'tile')} without objects left out"] if left else []
    notes += [f"{_counted(ignored, 'region')} to ignore"] if ignored else []
    return f"{images} in {_counted(len(pieces), 'tile')}" + (f" ({', '.join(notes)})" if notes else "")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
