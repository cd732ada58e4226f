"""What every format keeps: it is found by what lies on disk, reads the same dataset, and answers damage with faults."""

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehead.coco.faults import FaultLog
from rehead.coco.formats.known import FORMATS
from rehead.coco.records import Dataset
from rehead.coco.sources import SourceError, opened_source
from tests.coco.formats.writers import CLASSES, WRITERS, write_json

ONE_CLASS = {"image_folders"}
STRANGE: list[Any] = [None, True, -1, 1e308, float("nan"), 10**30, "", "x\0\ud800", [], {}, [[]], {"": None}]


@pytest.fixture(params=FORMATS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def dataset(kind: str, tmp_path: Path) -> Path:
    WRITERS[kind](tmp_path / "data")
    return tmp_path / "data"


def _classes(data: Dataset) -> list[str]:
    names = {category.id: category.name for category in data.categories}
    files = {image.id: image.file_name for image in data.images}
    return [names[a.category_id] for a in sorted(data.annotations, key=lambda a: files[a.image_id])]


def _without_objection(path: Path, open_folder: Any) -> FaultLog | None:
    """Read a damaged dataset; None if it is refused as a source."""
    try:
        return open_folder(path)[1]
    except SourceError:
        return None


def test_a_dataset_is_found_to_be_in_its_format_alone(kind: str, dataset: Path) -> None:
    with opened_source(dataset) as source:
        assert {part.format for parts in source.splits.values() for part in parts} == {kind}


def test_a_sound_dataset_reads_without_a_fault(dataset: Path, open_folder: Any) -> None:
    splits, log = open_folder(dataset)
    assert log.faults == []
    assert [(a.bbox, a.area) for a in splits["all"].annotations] == [((10, 10, 20, 20), 400)] * 3


def test_classes_keep_their_names(kind: str, dataset: Path, open_folder: Any) -> None:
    splits, _ = open_folder(dataset)
    assert _classes(splits["all"]) == (["object"] * 3 if kind in ONE_CLASS else list(CLASSES.values()))


def test_an_unseen_dataset_has_the_same_objects(dataset: Path, open_folder: Any) -> None:
    splits, log = open_folder(dataset, unseen=True)
    assert [a.area for a in splits["all"].annotations] == [400] * 3
    assert log.totals() == {"images-unseen": 1}


def test_folders_named_after_splits_are_the_splits(kind: str, tmp_path: Path, open_folder: Any) -> None:
    for split in ("train", "valid"):
        WRITERS[kind](tmp_path / split)
    if (tmp_path / "train" / "data.yaml").exists():
        shutil.copy(tmp_path / "train" / "data.yaml", tmp_path)
    splits, log = open_folder(tmp_path)
    assert {name: len(data.annotations) for name, data in splits.items()} == {"train": 3, "val": 3}
    assert {fault.code for fault in log.faults} == {"leak-bytes"}


@pytest.mark.parametrize("kind", [name for name in FORMATS if FORMATS[name].open_classes and name not in ONE_CLASS])
def test_classes_of_one_split_alone_are_in_the_table_of_both(kind: str, tmp_path: Path, open_folder: Any) -> None:
    for split in ("train", "val"):
        WRITERS[kind](tmp_path / split)
    for file in sorted(tmp_path.rglob("val/**/*")):
        if file.suffix == ".json":
            file.write_text(file.read_text().replace("dog", "cat"))
    shutil.rmtree(tmp_path / "val" / "masks" / "dog", ignore_errors=True)
    splits, _ = open_folder(tmp_path)
    assert [c.name for c in splits["val"].categories] == [c.name for c in splits["train"].categories] == ["cat", "dog"]


def test_an_image_that_has_gone_is_a_fault(dataset: Path, open_folder: Any) -> None:
    next(file for file in sorted(dataset.rglob("*.png")) if "masks" not in file.parts).unlink()
    log = _without_objection(dataset, open_folder)
    assert log is not None
    assert log.rejected


def _files(dataset: Path) -> list[Path]:
    return sorted(file for file in dataset.rglob("*") if file.is_file())


@pytest.mark.parametrize("damage", ["empty", "half", "noise", "deep"])
def test_damage_to_any_file_is_answered_with_a_fault(damage: str, dataset: Path, open_folder: Any) -> None:
    quiet = []
    for file in _files(dataset):
        data = file.read_bytes()
        spoiled = {"empty": b"", "half": data[: len(data) // 2], "noise": bytes(range(256)) * 8, "deep": b"[" * 9_999}
        file.write_bytes(spoiled[damage])
        log = _without_objection(dataset, open_folder)
        quiet += [file.name] if log is not None and not log.faults else []
        file.write_bytes(data)
    assert quiet == []


def _nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a JSON document."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _nodes(one, (*path, key))


def _replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(document)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize("kind", ["labelme", "via", "coco"], indirect=True)
@pytest.mark.parametrize("values", ["one", pytest.param("all", marks=pytest.mark.slow)])
def test_a_strange_value_anywhere_in_json_raises_nothing(values: str, dataset: Path, open_folder: Any) -> None:
    file = next(file for file in _files(dataset) if file.suffix == ".json")
    document = json.loads(file.read_text())
    for at, path in enumerate(_nodes(document)):
        for value in STRANGE if values == "all" else [STRANGE[at % len(STRANGE)]]:
            write_json(file, _replaced(document, path, value))
            _without_objection(dataset, open_folder)
