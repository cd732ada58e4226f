"""Faults are listed in one pass, acted on as the policy says, and repaired without touching what is sound."""

from pathlib import Path
from typing import Any

import pytest

from rehead.coco.faults import KEPT_OF_A_KIND, FaultLog
from rehead.coco.reading import read_dataset
from rehead.coco.rle import Rle, decode

Document = dict[str, Any]
RUNS = [490, 20, *[28, 20] * 19, 3072 - 490 - 20 - 19 * 48]


def test_a_sound_document_has_no_fault_but_unseen_images(document: Document, read: Any) -> None:
    _, log = read(document)
    assert log.totals() == {"images-unseen": 1}


def test_faults_in_different_places_are_all_listed_in_one_pass(document: Document, read: Any) -> None:
    document["annotations"][0]["bbox"] = None
    document["annotations"][1]["segmentation"] = None
    document["categories"][1]["name"] = 5
    _, log = read(document)
    assert {"bbox-type", "segmentation-type", "category-name"} <= set(log.totals())


def test_a_fault_says_where_it_is_what_it_found_and_how_to_cure_it(document: Document, read: Any) -> None:
    document["annotations"][1]["bbox"] = [1, 2, 3]
    _, log = read(document)
    fault = next(fault for fault in log.faults if fault.code == "bbox-type")
    assert (fault.where, fault.value, fault.action) == ("annotations[1].bbox", "[1, 2, 3]", "reject")
    assert fault.fix


def test_only_the_first_twenty_of_a_kind_are_listed_but_all_are_counted(document: Document, read: Any) -> None:
    first = document["annotations"][0]
    document["annotations"] = [{**first, "id": n, "area": 1 + n / 100} for n in range(1, 101)]
    _, log = read(document, policy={"annotation-duplicate": "warn"})
    listed = [fault for fault in log.faults if fault.code == "area-mismatch"]
    assert (len(listed), log.totals()["area-mismatch"]) == (KEPT_OF_A_KIND, 100)


def test_a_policy_that_drops_leaves_the_spoiled_annotation_out(document: Document, read: Any) -> None:
    document["annotations"][0]["bbox"] = None
    data, log = read(document, policy={"bbox-type": "drop"})
    assert not log.rejected
    assert [a.id for a in data.annotations] == [2, 3]


def test_a_policy_that_repairs_takes_the_box_from_the_mask(document: Document, read: Any) -> None:
    document["annotations"][0]["bbox"] = None
    data, _ = read(document, policy={"bbox-type": "repair"})
    assert data.annotations[0].bbox == (10.0, 10.0, 20.0, 20.0)


def test_a_policy_of_an_unknown_fault_names_the_nearest(document: Document, read: Any) -> None:
    with pytest.raises(ValueError, match="did you mean bbox-type"):
        read(document, policy={"bbox-typ": "drop"})


def test_a_policy_cannot_let_damaged_run_lengths_through(document: Document, read: Any) -> None:
    with pytest.raises(ValueError, match="rle-counts: warn is not possible"):
        read(document, policy={"rle-counts": "warn"})


def test_all_three_forms_of_a_mask_give_the_same_run_lengths(document: Document, read: Any) -> None:
    data, _ = read(document)
    compressed = data.annotations[0].counts
    document["annotations"][1]["segmentation"] = {"size": [48, 64], "counts": compressed}
    document["annotations"][2]["segmentation"] = {"size": [48, 64], "counts": RUNS}
    data, _ = read(document)
    assert {a.counts for a in data.annotations} == {compressed}


def test_zero_runs_are_joined_without_changing_the_mask(document: Document, read: Any) -> None:
    data, _ = read(document)
    counts = [100, 0, 390, 5, 0, 15, *RUNS[2:], 0]
    document["annotations"][0]["segmentation"] = {"size": [48, 64], "counts": counts}
    repaired, _ = read(document)
    assert repaired.annotations[0].counts == data.annotations[0].counts


def test_a_hole_left_by_run_lengths_stays_a_hole(document: Document, read: Any) -> None:
    counts = [490, 20, 28, 5, 10, 5, 3072 - 558]
    holed = {"size": [48, 64], "counts": counts}
    document["annotations"][0].update(segmentation=holed, bbox=[10, 10, 2, 20], area=30)
    data, _ = read(document)
    rle: Rle = {"size": [48, 64], "counts": data.annotations[0].counts}
    assert decode(rle)[10:30, 11].tolist() == [1] * 5 + [0] * 10 + [1] * 5


def test_a_file_listed_twice_becomes_one_image_with_the_annotations_of_both(document: Document, read: Any) -> None:
    document["images"][0]["file_name"] = "2.png"
    data, _ = read(document)
    assert [image.id for image in data.images] == [1, 3]
    assert [a.image_id for a in data.annotations] == [1, 1, 3]


def test_annotations_of_a_dropped_image_go_without_a_fault_of_their_own(document: Document, read: Any) -> None:
    document["images"][0].update(width=4, height=4)
    data, log = read(document)
    assert set(log.totals()) == {"images-unseen", "image-small", "category-unused"}
    assert [a.image_id for a in data.annotations] == [2, 3]


def test_an_image_too_thin_to_train_on_is_dropped_by_name_with_a_cure(document: Document, read: Any) -> None:
    document["images"][0].update(width=2400, height=8)
    data, log = read(document)
    (fault,) = (fault for fault in log.faults if fault.code == "image-aspect")
    assert [image.id for image in data.images] == [2, 3]
    assert (fault.action, "1.png" in fault.message, "tiles" in fault.fix) == ("drop", True, True)


def test_an_image_a_hundred_times_as_long_as_wide_stays(document: Document, read: Any) -> None:
    document["images"][0].update(width=800, height=8)
    assert "image-aspect" not in read(document)[1].totals()


def test_all_crowd_is_taken_for_a_converters_mistake(document: Document, read: Any) -> None:
    for annotation in document["annotations"]:
        annotation["iscrowd"] = 1
    data, _ = read(document)
    assert {a.iscrowd for a in data.annotations} == {0}


def test_the_areas_source_value_stays_where_it_agrees_with_the_mask(document: Document, read: Any) -> None:
    document["annotations"][0]["area"] = 405.5
    data, _ = read(document)
    assert data.annotations[0].area == 405.5


def test_values_of_any_size_are_shown_short(document: Document, read: Any) -> None:
    document["annotations"][0]["segmentation"] = "x" * 100_000
    _, log = read(document)
    assert max(len(fault.value) for fault in log.faults) <= 160


def test_a_folder_named_as_a_file_is_a_fault(tmp_path: Path) -> None:
    log = FaultLog()
    assert read_dataset(tmp_path, None, log) is None
    assert log.totals() == {"json-file": 1}
