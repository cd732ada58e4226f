"""A small sound COCO dataset that tests spoil in one place each, and readers for it."""

import copy
import importlib.util
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rehead.coco.faults import FaultLog
from rehead.coco.formats.label_image import labelled
from rehead.coco.image_pool import Inspection, Labels, inspection_from, labels_from
from rehead.coco.image_worker import inspected
from rehead.coco.kinds import Action
from rehead.coco.reading import read_dataset, read_source
from rehead.coco.records import Dataset
from rehead.coco.sources import Part, Source

Document = dict[str, Any]
WIDTH, HEIGHT = 64, 48
SQUARE = [10, 10, 10, 30, 30, 30, 30, 10]
CORPUS = Path(__file__).parents[3] / "shared" / "bad_coco.py"


class Decoder:
    """Decodes in this process: the tests' files are their own."""

    def inspect(self, paths: Sequence[Path]) -> Iterator[Inspection]:
        return (inspection_from(inspected(path, 1_000_000)) for path in paths)

    def labels(self, paths: Sequence[Path], *, whole: Sequence[bool]) -> Iterator[Labels]:
        return (labels_from(_through_json(labelled(p, 1_000_000, whole=w))) for p, w in zip(paths, whole, strict=True))


def _through_json(reply: Document) -> Document:
    told: Document = json.loads(json.dumps(reply))
    return told


def sound_document() -> Document:
    """Three images with one 20 x 20 square each, two categories with ids 3 and 7."""
    return {
        "images": [{"id": n, "file_name": f"{n}.png", "width": WIDTH, "height": HEIGHT} for n in (1, 2, 3)],
        "annotations": [
            {
                "id": n,
                "image_id": n,
                "category_id": 3 if n == 1 else 7,
                "bbox": [10, 10, 20, 20],
                "area": 400,
                "iscrowd": 0,
                "segmentation": [copy.copy(SQUARE)],
            }
            for n in (1, 2, 3)
        ],
        "categories": [{"id": 3, "name": "cat"}, {"id": 7, "name": "dog"}],
    }


def draw_image(path: Path, seed: int) -> None:
    """Write a noise image that differs from every other seed's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def sound() -> Callable[[], Document]:
    return sound_document


@pytest.fixture
def document() -> Document:
    return sound_document()


@pytest.fixture
def decoder() -> Decoder:
    return Decoder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A COCO folder: images/ and annotations.json."""
    for n in (1, 2, 3):
        draw_image(tmp_path / "images" / f"{n}.png", n)
    (tmp_path / "annotations.json").write_text(json.dumps(sound_document()), encoding="utf-8")
    return tmp_path


@dataclass(frozen=True)
class Corpus:
    """Broken inputs: a folder for each, and what has to come of it."""

    folder: Path
    cases: Mapping[str, Document]


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Write the corpus of broken inputs; to be read only."""
    if not CORPUS.is_file():
        pytest.skip(f"{CORPUS} is not on this machine")
    spec = importlib.util.spec_from_file_location("bad_coco", CORPUS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("broken") / "corpus"
    module.make(folder)
    return Corpus(folder, module.CASES)


Read = Callable[..., tuple[Dataset | None, FaultLog]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a document, or bytes, as a file, without looking at images."""

    def _read(content: Document | bytes, *, policy: dict[str, Action] | None = None) -> tuple[Dataset | None, FaultLog]:
        file = tmp_path / "annotations.json"
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        log = FaultLog(policy or {})
        return read_dataset(file, None, log), log

    return _read


@pytest.fixture
def look(folder: Path, tmp_path: Path) -> Callable[[Document], tuple[Dataset | None, FaultLog]]:
    """Read a document with the images of `folder`, and count those it does not list."""

    def _look(content: Document) -> tuple[Dataset | None, FaultLog]:
        (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
        log = FaultLog()
        source = Source({"all": (Part(folder / "annotations.json", folder / "images"),)})
        splits = read_source(source, log, Decoder())
        return splits.get("all"), log

    return _look
