"""Input on which native code crashes, hangs, takes all memory or tells lies is refused before any of it runs."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehead.coco.checking import check_dataset
from rehead.coco.rle import counts_to_rle

Document = dict[str, Any]
Spoil = Callable[[Document], object]
RUNS = [490, 20, *[28, 20] * 19, 3072 - 490 - 20 - 19 * 48]
STRING = counts_to_rle(RUNS, 48, 64)["counts"]


def _ann(**fields: Any) -> Spoil:
    return lambda d: d["annotations"][0].update(fields)


def _rle(counts: Any, size: Any = (48, 64)) -> Spoil:
    return _ann(segmentation={"size": list(size), "counts": counts})


DOCUMENTS: dict[str, tuple[str, Spoil]] = {
    "counts_that_swing_overflow_the_compressed_string": (
        "rle-counts",
        _rle([2**32 - 1, 0, 0, *[2**32 - 1, 2**32 - 1, 0, 0] * 50]),
    ),
    "nul_ends_the_string_for_native_code_alone": ("rle-counts", _rle(STRING[:5] + "\0" + STRING[5:])),
    "a_count_of_2_to_32_wraps_to_0": ("rle-counts", _rle([2**32, 5])),
    "a_count_beyond_64_bits": ("rle-counts", _rle([2**70, 5])),
    "fractions_are_cut_off_in_silence": ("rle-counts", _rle([count + 0.6 for count in RUNS])),
    "true_is_no_count": ("rle-counts", _rle([True, 3071])),
    "bytes_written_as_python_shows_them": ("rle-counts", _rle(repr(STRING.encode()))),
    "a_mask_of_no_size_divides_by_zero": ("rle-size", _rle([0, 1], (0, 0))),
    "a_negative_size": ("rle-size", _rle(RUNS, (-48, 64))),
    "a_size_in_fractions": ("rle-size", _rle(RUNS, (48.0, 64.0))),
    "thirty_bytes_of_json_for_gigabytes": (
        "size-value",
        lambda d: (d["images"][0].update(width=60_000, height=60_000), _rle([3_600_000_000], (60_000, 60_000))(d)),
    ),
    "run_lengths_in_a_list_pass_for_polygons": ("segmentation-type", _ann(segmentation=[{"size": [48, 64]}])),
    "null_among_coordinates": ("segmentation-type", _ann(segmentation=[[None, 10, 10, 30, 30, 30]])),
    "coordinates_as_text": ("segmentation-type", _ann(segmentation=[["10", "10", "10", "30", "30", "30"]])),
    "40_million_pixels_of_outline": ("polygon-range", _ann(segmentation=[[4e7, 10, 10, 30, 30, 30]])),
    "a_box_that_is_none_as_32_bit_floats": ("bbox-degenerate", _ann(bbox=[33, 10, 1e-6, 20])),
    "a_box_of_numbers_without_end": ("bbox-outside", _ann(bbox=[10**400, 1, 1, 1])),
    "an_area_of_numbers_without_end": ("area-invalid", _ann(area=10**400)),
    "a_width_of_numbers_without_end": ("size-value", lambda d: d["images"][0].update(width=10**400)),
    "a_crowd_flag_that_is_not_a_number": ("iscrowd-invalid", _ann(iscrowd=float("nan"))),
    "half_a_surrogate_pair_in_a_class": ("category-name-unsafe", lambda d: d["categories"][0].update(name="c\ud800")),
    "text_that_runs_backwards_in_a_class": (
        "category-name-unsafe",
        lambda d: d["categories"][0].update(name="cat\u202etac"),
    ),
    "an_invisible_letter_tells_two_classes_apart": (
        "category-name-similar",
        lambda d: d["categories"][0].update(name="dog\u200b"),
    ),
    "two_unicode_forms_tell_two_classes_apart": (
        "category-name-similar",
        lambda d: (d["categories"][0].update(name="\u00e9"), d["categories"][1].update(name="e\u0301")),
    ),
}


@pytest.mark.parametrize("danger", DOCUMENTS)
def test_a_document_is_stopped(danger: str, document: Document, read: Any) -> None:
    code, spoil = DOCUMENTS[danger]
    spoil(document)
    _, log = read(document)
    assert code in log.totals()


TEXTS: dict[str, tuple[str, str, str]] = {
    "1e999_becomes_infinity_without_a_word": ("bbox-not-finite", "[10, 10, 20, 20]", "[10, 10, 1e999, 20]"),
    "1e999_as_area": ("area-invalid", '"area": 400', '"area": 1e999'),
    "1e999_as_id": ("id-type", '"image_id": 1', '"image_id": 1e999'),
    "lists_in_lists_in_a_mask": (
        "segmentation-type",
        "[[10, 10, 10, 30, 30, 30, 30, 10]]",
        "[" * 900 + "1" + "]" * 900,
    ),
    "a_key_twice_in_a_record": ("json-duplicate-key", '"category_id": 3', '"category_id": 3, "category_id": 7'),
}


@pytest.mark.parametrize("danger", TEXTS)
def test_a_text_is_stopped(danger: str, document: Document, read: Any) -> None:
    code, before, after = TEXTS[danger]
    _, log = read(json.dumps(document).replace(before, after, 1).encode())
    assert code in log.totals()


def test_images_of_one_id_both_go_where_they_are_dropped(document: Document, read: Any) -> None:
    document["images"][1]["id"] = 1
    data, _ = read(document, policy={"image-id-duplicate": "drop", "image-unknown": "drop"})
    assert [image.id for image in data.images] == [3]
    assert [a.image_id for a in data.annotations] == [3]


def test_fields_that_nobody_reads_may_nest_deep(document: Document, read: Any) -> None:
    data, _ = read((json.dumps(document)[:-1] + ', "info": ' + "[" * 900 + "]" * 900 + "}").encode())
    assert len(data.annotations) == 3


def test_a_report_of_hostile_keys_is_plain_text(document: Document, read: Any) -> None:
    key = '"\\u001b[2J\\ud800\\u202e\\n": 1'
    _, log = read((json.dumps(document)[:-1] + f', "info": {{{key}, {key}}}}}').encode())
    (fault,) = [fault for fault in log.faults if fault.code == "json-duplicate-key"]
    assert all(text.isprintable() for text in vars(fault).values())


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        lambda path: path.symlink_to("nowhere.json"),
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to(path.name),
    ],
    ids=["pipe", "link to nothing", "link to a device", "link to itself"],
)
def test_a_split_that_is_no_file_is_not_passed_over(make: Callable[[Path], Any], folder: Path) -> None:
    (folder / "annotations.json").rename(folder / "train.json")
    make(folder / "val.json")
    assert list(check_dataset(folder).fault_counts) == ["json-file"]


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to(path)],
    ids=["pipe", "folder", "device", "loop"],
)
def test_annotations_that_are_no_regular_file_are_a_fault_at_once(make: Callable[[Path], Any], tmp_path: Path) -> None:
    make(tmp_path / "annotations.json")
    assert not check_dataset(tmp_path / "annotations.json").usable
