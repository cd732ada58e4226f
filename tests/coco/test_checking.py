"""Whole datasets: sound ones pass, leaks between splits do not, and the command's report is complete."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rehead.coco.checking import check_dataset
from rehead.coco.faults import FaultLog
from rehead.coco.reading import read_source
from rehead.coco.sources import Part, Source
from rehead.coco.truth import document_of
from tests.coco.conftest import draw_image

Document = dict[str, Any]
SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def two_splits(folder: Path, document: Document) -> tuple[Path, Document]:
    """A folder with train.json and images/, and a val document on three images of its own."""
    for n in range(3):
        draw_image(folder / "images" / f"v{n}.png", 10 + n)
        document["images"][n]["file_name"] = f"v{n}.png"
    (folder / "annotations.json").rename(folder / "train.json")
    return folder, document


def _codes(folder: Path, val: Document, decoder: Any) -> set[str]:
    (folder / "val.json").write_text(json.dumps(val), encoding="utf-8")
    log = FaultLog()
    splits = {name: (Part(folder / f"{name}.json", folder / "images"),) for name in ("train", "val")}
    read_source(Source(splits), log, decoder)
    return set(log.totals()) - {"files-unlisted"}


def test_splits_with_images_of_their_own_are_sound(two_splits: Any, decoder: Any) -> None:
    assert _codes(two_splits[0], two_splits[1], decoder) == set()


def test_the_same_file_in_two_splits_is_a_leak(two_splits: Any, decoder: Any) -> None:
    folder, val = two_splits
    val["images"][0]["file_name"] = "1.png"
    assert _codes(folder, val, decoder) == {"leak-file"}


def test_the_same_bytes_under_another_name_are_a_leak(two_splits: Any, decoder: Any) -> None:
    folder, val = two_splits
    shutil.copy(folder / "images" / "1.png", folder / "images" / "v0.png")
    assert _codes(folder, val, decoder) == {"leak-bytes"}


def test_the_same_pixels_in_other_bytes_are_a_leak(two_splits: Any, decoder: Any) -> None:
    folder, val = two_splits
    Image.open(folder / "images" / "1.png").save(folder / "images" / "v0.png", compress_level=0)
    assert _codes(folder, val, decoder) == {"leak-pixels"}


def test_category_tables_that_differ_are_refused(two_splits: Any, decoder: Any) -> None:
    folder, val = two_splits
    val["categories"][0]["name"], val["categories"][1]["name"] = "dog", "cat"
    assert _codes(folder, val, decoder) == {"categories-conflict"}


def test_a_class_under_two_ids_is_refused(two_splits: Any, decoder: Any) -> None:
    folder, val = two_splits
    val["categories"][0]["id"] = val["annotations"][0]["category_id"] = 4
    assert _codes(folder, val, decoder) == {"categories-conflict"}


def test_a_class_that_one_split_lacks_is_refused(two_splits: Any, decoder: Any) -> None:
    folder, val = two_splits
    val["categories"].append({"id": 9, "name": "bird"})
    assert _codes(folder, val, decoder) == {"categories-differ", "category-unused"}


def test_a_class_that_one_split_lacks_is_added_where_that_is_repaired(two_splits: Any, decoder: Any) -> None:
    folder, val = two_splits
    val["categories"].append({"id": 9, "name": "bird"})
    (folder / "val.json").write_text(json.dumps(val), encoding="utf-8")
    source = Source({n: (Part(folder / f"{n}.json", folder / "images"),) for n in ("train", "val")})
    splits = read_source(source, FaultLog({"categories-differ": "repair"}), decoder)
    assert [[c.name for c in data.categories] for data in splits.values()] == [["cat", "dog", "bird"]] * 2


def test_the_order_of_categories_does_not_matter(two_splits: Any, decoder: Any) -> None:
    folder, val = two_splits
    val["categories"].reverse()
    assert _codes(folder, val, decoder) == set()


def test_a_report_holds_counts_faults_and_the_hash_of_the_images(folder: Path) -> None:
    report = check_dataset(folder)
    told = report.as_dict()
    assert (told["usable"], told["images"], told["annotations"]) == (True, 3, 3)
    assert len(told["content_hash"]) == 64


def test_a_flipped_bit_that_decodes_changes_the_content_hash(folder: Path) -> None:
    before = check_dataset(folder).content_hash
    path = folder / "images" / "1.png"
    path.write_bytes(path.read_bytes() + b"\0")
    assert check_dataset(folder).content_hash != before


@pytest.mark.parametrize("target", ["", "none.json", "empty"])
def test_a_path_without_a_dataset_is_a_fault_and_no_traceback(target: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    report = check_dataset(tmp_path / "empty" if target == "empty" else tmp_path / target)
    assert (report.usable, list(report.fault_counts)) == (False, ["source-unknown"])


def test_a_file_beyond_any_memory_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "big.json").open("wb") as stream:
        stream.truncate(5 << 30)
    assert list(check_dataset(tmp_path / "big.json").fault_counts) == ["json-too-large"]


def test_truth_keeps_its_own_ids_for_results_to_refer_to(document: Document, read: Any) -> None:
    data, _ = read(document)
    assert [category["id"] for category in document_of(data)["categories"]] == [3, 7]


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("fruits_nuts", set()),
        ("dsb2018_nuclei", {"image-alpha", "images-crowded"}),
        ("coco_mini", {"area-mismatch", "bbox-mismatch", "category-unused"}),
    ],
)
def test_real_datasets_pass_with_the_faults_that_are_in_them(name: str, codes: set[str]) -> None:
    if not (SHARED / name).is_dir():
        pytest.skip(f"{SHARED / name} is not on this machine")
    report = check_dataset(SHARED / name)
    assert (report.usable, set(report.fault_counts)) == (True, codes)
