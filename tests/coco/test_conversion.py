"""A copy of any source is the same dataset as COCO: every format, archives, and several files of one split."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rehead.coco.faults import FaultLog
from rehead.coco.fixing import write_copy
from rehead.coco.formats.known import FORMATS
from rehead.coco.policy import mending
from rehead.coco.reading import read_source
from rehead.coco.records import Dataset
from rehead.coco.sources import opened_source
from tests.coco.formats.writers import WRITERS

Document = dict[str, Any]


def _copied(source: Path, out: Path, decoder: Any) -> tuple[dict[str, Dataset], dict[str, Dataset], FaultLog]:
    """Copy a dataset; returns what was read of it, what is read of the copy, and the faults of the copy."""
    proof = FaultLog()
    with opened_source(source) as opened:
        before = read_source(opened, FaultLog(mending({})), decoder, keep=True)
        write_copy(out, before)
    with opened_source(out) as opened:
        return before, read_source(opened, proof, decoder), proof


@pytest.mark.parametrize("kind", FORMATS)
def test_a_copy_of_any_format_is_the_same_dataset_as_coco(
    kind: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, decoder: Any
) -> None:
    WRITERS[kind](tmp_path / "data")
    before, after, proof = _copied(tmp_path / "data", tmp_path_factory.mktemp("new") / "copy", decoder)
    assert proof.totals() == {}
    assert (after["all"].annotations, after["all"].categories) == (before["all"].annotations, before["all"].categories)


@pytest.mark.parametrize("kind", ["coco", "yolo", "labelme", "via"])
def test_a_copy_of_outlines_has_outlines(
    kind: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, decoder: Any
) -> None:
    WRITERS[kind](tmp_path / "data")
    out = tmp_path_factory.mktemp("new") / "copy"
    _copied(tmp_path / "data", out, decoder)
    document = json.loads((out / "annotations.json").read_text(encoding="utf-8"))
    assert all(type(a["segmentation"]) is list for a in document["annotations"])


def test_an_archive_is_copied_while_it_is_unpacked(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, decoder: Any
) -> None:
    place = tmp_path_factory.mktemp("new")
    shutil.make_archive(str(place / "data"), "zip", folder)
    _, after, proof = _copied(place / "data.zip", place / "copy", decoder)
    assert (len(after["all"].images), proof.totals()) == (3, {})


def test_several_files_of_one_split_become_one_with_ids_of_their_own(
    folder: Path, document: Document, tmp_path_factory: pytest.TempPathFactory, decoder: Any
) -> None:
    for number, name in enumerate(("a", "b")):
        part = copy.deepcopy(document) | {"info": {"year": 2026}, "licenses": [{"id": 1, "name": name}]}
        part["images"] = [{**document["images"][number], "id": 1, "site": name}]
        part["annotations"] = [{**document["annotations"][number], "image_id": 1, "attributes": {"site": name}}]
        (folder / f"{name}.json").write_text(json.dumps(part), encoding="utf-8")
    (folder / "annotations.json").unlink()
    out = tmp_path_factory.mktemp("new") / "copy"
    _copied(folder, out, decoder)
    found = json.loads((out / "annotations.json").read_text(encoding="utf-8"))
    assert (found["info"], "licenses" in found) == ({"year": 2026}, False)
    assert [(image["id"], image["site"]) for image in found["images"]] == [(1, "a"), (2, "b")]
    assert [(a["id"], a["image_id"], a["attributes"]["site"]) for a in found["annotations"]] == [
        (1, 1, "a"),
        (2, 2, "b"),
    ]
