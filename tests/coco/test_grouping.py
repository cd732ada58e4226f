"""Groups come from file names or from a key of the image entries; what has none, and what spans splits, is named."""

import json
from pathlib import Path
from typing import Any

import pydantic
import pytest

from rehead.coco.faults import FaultLog
from rehead.coco.grouping import check_groups, group_of
from rehead.coco.ingestion import RejectedError, ingest
from rehead.coco.plan import DataPlan, GroupKey
from rehead.coco.records import Dataset, ImageRecord

PATIENT = GroupKey(key="patient")


def _image(name: str, **entry: Any) -> ImageRecord:
    return ImageRecord(hash(name) % 10**6, name, 64, 48, entry=entry)


def _faults(group: GroupKey | str, **splits: list[ImageRecord]) -> FaultLog:
    log = FaultLog()
    check_groups({name: Dataset((), tuple(images), ()) for name, images in splits.items()}, group, log.of("source"))
    return log


@pytest.mark.parametrize(
    ("group", "found"),
    [
        (r"^(wall\d+)_", "wall7"),
        (r"_(\d+)\.", "2"),
        (r"^(?:wall|floor)(\d+)", "7"),
        (r"^(floor)?", None),
        (r"(brick)", None),
        (GroupKey(key="patient"), "12"),
        (GroupKey(key="site"), "Ulm"),
        (GroupKey(key="empty"), None),
        (GroupKey(key="flag"), None),
        (GroupKey(key="absent"), None),
        (None, None),
    ],
)
def test_a_group_is_the_first_capture_or_the_keys_text_or_number(group: Any, found: str | None) -> None:
    image = _image("wall7_2.png", patient=12, site="Ulm", empty="", flag=True)
    assert group_of(image, group) == found


def test_images_without_a_group_are_named_and_refuse_the_dataset() -> None:
    images = [_image("a.png", patient=1), _image("b.png"), *(_image(f"{n}.png", patient=None) for n in range(9))]
    log = _faults(PATIENT, train=images)
    (fault,) = log.faults
    assert (fault.code, log.rejected) == ("group-missing", True)
    assert "10 of 11 images of train have no group by the key 'patient': 'b.png', '0.png'" in fault.message
    assert "and 5 more" in fault.message


def test_a_group_in_two_given_splits_is_a_leak_with_its_counts() -> None:
    train = [_image("a.png", patient=1), _image("b.png", patient=2), _image("c.png", patient=1)]
    log = _faults(PATIENT, train=train, val=[_image("d.png", patient=1)])
    assert [fault.code for fault in log.faults] == ["leak-group"]
    assert "group '1' are in train (2) and val (1)" in log.faults[0].message


def test_groups_that_keep_to_their_splits_are_not_remarked_on() -> None:
    assert not _faults(r"^(.)", train=[_image("a1.png"), _image("a2.png")], val=[_image("b1.png")]).faults


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ("(", "no regular expression"),
        ("wall", "needs a capture"),
        (5, "regular expression on file names, or {key: NAME}"),
        ({"kee": "patient"}, "regular expression on file names, or {key: NAME}"),
        ({"key": ""}, "regular expression on file names, or {key: NAME}"),
        (["a"], "regular expression on file names, or {key: NAME}"),
    ],
)
def test_what_names_no_group_is_refused_with_the_two_forms(group: Any, told: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="1 validation error") as caught:
        DataPlan(group=group)
    assert told in str(caught.value)


def test_a_plan_keeps_its_key_when_it_is_written_and_read() -> None:
    plan = DataPlan.model_validate({"group": {"key": "patient"}})
    assert DataPlan.model_validate(plan.model_dump(mode="json")) == plan


def _write_keys(folder: Path, patients: list[int | None]) -> None:
    document = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    for image, patient in zip(document["images"], patients, strict=True):
        image["patient"] = patient
    (folder / "annotations.json").write_text(json.dumps(document), encoding="utf-8")


def test_ingest_keeps_the_images_of_one_key_together(folder: Path, tmp_path: Path) -> None:
    _write_keys(folder, [4, 4, 9])
    plan = DataPlan(source=str(folder), group=PATIENT, test="val", val=0.4)
    splits = next(found for seed in range(9) if (found := _ingested(plan, seed, tmp_path / "dataset")) is not None)
    assert {image["file_name"] for image in splits["train"]} in ({"1.png", "2.png"}, {"3.png"})


def _ingested(plan: DataPlan, seed: int, dataset: Path) -> dict[str, Any] | None:
    try:
        ingest(plan.model_copy(update={"seed": seed}), dataset)
    except ValueError:
        return None
    return {name: json.loads((dataset / f"{name}.json").read_text())["images"] for name in ("train", "val")}


def test_ingest_refuses_images_without_the_key(folder: Path, tmp_path: Path) -> None:
    _write_keys(folder, [4, None, 9])
    with pytest.raises(RejectedError) as caught:
        ingest(DataPlan(source=str(folder), group=PATIENT), tmp_path / "dataset")
    assert caught.value.report.fault_counts == {"group-missing": 1}
