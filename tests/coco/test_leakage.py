"""A picture in two splits is found however it was changed, told once as what it surely is, and left out on demand."""

from pathlib import Path

import pytest
from PIL import Image

from rehead.coco.faults import FaultLog
from rehead.coco.kinds import Action
from rehead.coco.leakage import check_splits
from rehead.coco.looks import look_of
from rehead.coco.records import Annotation, Category, Dataset, ImageFacts, ImageRecord
from tests.coco.pictures import EDITS, Edit, picture

FILES = {name: Path(f"{name}.json") for name in ("all", "train", "val", "test")}
TURNED = Image.Transpose.ROTATE_90


def _dataset(**pictures: Image.Image) -> Dataset:
    """Images by name, each with one object; equal pictures get equal hashes."""
    images: list[ImageRecord] = []
    for name, pixels in pictures.items():
        digest = pixels.tobytes().hex()
        facts = ImageFacts(f"{name} {digest}", digest, *pixels.size, 1, "PNG", "RGB", True, look_of(pixels))
        images.append(ImageRecord(len(images) + 1, f"{name}.png", *pixels.size, Path(f"{name}.png"), facts))
    objects = tuple(Annotation(i.id, i.id, 1, (0.0, 0.0, 9.0, 9.0), 81.0, 0, "x") for i in images)
    return Dataset((Category(1, "cat"),), tuple(images), objects)


def _check(policy: dict[str, Action] | None = None, **splits: Dataset) -> tuple[dict[str, list[str]], FaultLog]:
    """Compare splits; returns the file names that each keeps."""
    log = FaultLog(policy or {})
    kept = check_splits(splits, FILES, log)
    return {name: [image.file_name for image in data.images] for name, data in kept.items()}, log


@pytest.mark.parametrize("edit", EDITS)
def test_a_changed_copy_in_another_split_is_warned_of(edit: str) -> None:
    _, log = _check(train=_dataset(a=picture(1), b=picture(2)), val=_dataset(c=EDITS[edit](picture(2))))
    (fault,) = log.faults
    assert (fault.code, fault.action, fault.file, fault.where) == ("leak-near", "warn", "val.json", "images[id=1]")
    assert "'c.png' of val is nearly the same picture as 'b.png' of train" in fault.message


def test_a_turned_copy_in_another_split_refuses_the_dataset_and_says_how_it_was_turned() -> None:
    _, log = _check(train=_dataset(a=picture(1)), test=_dataset(b=picture(1).transpose(TURNED)))
    assert ([fault.code for fault in log.faults], log.rejected) == (["leak-turned"], True)
    assert "'b.png' of test is, turned by 90 degrees, the same picture as 'a.png' of train" in log.faults[0].message


def test_the_same_pixels_are_told_as_that_alone() -> None:
    _, log = _check(train=_dataset(a=picture(1)), val=_dataset(b=picture(1)))
    assert [fault.code for fault in log.faults] == ["leak-pixels"]


def test_a_picture_with_several_twins_is_one_fault_that_counts_them() -> None:
    twins = {name: EDITS[edit](picture(1)) for name, edit in (("a", "brighter"), ("b", "darker"))}
    _, log = _check(train=_dataset(**twins), val=_dataset(c=picture(1)))
    assert [fault.code for fault in log.faults if fault.file == "val.json"] == ["leak-near"]
    assert "and 1 more" in log.faults[0].message


def test_near_copies_inside_one_split_are_counted_in_one_note() -> None:
    images = {f"n{n}": EDITS["brighter"](picture(n // 2)) if n % 2 else picture(n // 2) for n in range(20)}
    _, log = _check(all=_dataset(**images))
    (fault,) = log.faults
    assert (fault.code, fault.action) == ("images-similar", "warn")
    assert "20 images of all are near copies of others in it: 'n0.png' ~ 'n1.png'" in fault.message
    assert "and 5 more pairs" in fault.message


def test_the_same_pixels_inside_one_split_are_not_counted_as_near_copies() -> None:
    _, log = _check(all=_dataset(a=picture(1), b=picture(1)))
    assert not log.faults


@pytest.mark.parametrize(
    ("code", "change"),
    [("leak-near", EDITS["brighter"]), ("leak-turned", lambda image: image.transpose(TURNED))],
)
def test_a_policy_leaves_out_every_copy_that_would_be_trained_on(code: str, change: Edit) -> None:
    splits = {
        "val": _dataset(a=picture(1), b=picture(2)),
        "train": _dataset(c=change(picture(1)), d=picture(3), e=change(picture(1))),
        "test": _dataset(f=change(picture(2))),
    }
    kept, log = _check({code: "drop"}, **splits)
    assert kept == {"val": ["a.png"], "train": ["d.png"], "test": ["f.png"]}
    assert not log.rejected


def test_objects_go_with_the_images_that_are_left_out() -> None:
    splits = {"train": _dataset(a=picture(1), b=picture(2)), "val": _dataset(c=picture(1))}
    kept = check_splits(splits, FILES, FaultLog({"leak-pixels": "drop"}))
    assert [a.image_id for a in kept["train"].annotations] == [2]


def test_a_split_that_was_nothing_but_leaks_refuses_the_dataset() -> None:
    kept, log = _check({"leak-*": "drop"}, train=_dataset(a=picture(1)), val=_dataset(b=picture(1)))
    assert (kept["train"], log.totals()["annotations-none"], log.rejected) == ([], 1, True)


def test_different_pictures_are_no_leak() -> None:
    train, val = (_dataset(**{f"p{n}": picture(n) for n in range(at, at + 9)}) for at in (0, 9))
    assert not _check(train=train, val=val)[1].faults


def test_images_that_nobody_has_looked_at_are_compared_by_name_alone() -> None:
    image = ImageRecord(1, "a.png", 64, 48)
    data = Dataset((Category(1, "cat"),), (image,), ())
    _, log = _check(train=data, val=data)
    assert [fault.code for fault in log.faults] == ["leak-file"]
