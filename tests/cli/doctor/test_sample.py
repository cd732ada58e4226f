"""A few images of a source stand for all of it."""

from pathlib import Path
from typing import Any

import pytest

from rehead.cli.doctor.sample import sampled
from rehead.cli.doctor.subject import find_subject, measured
from rehead.cli.plans import Plans
from rehead.coco.measurements import measure
from rehead.coco.parts import SourceError
from rehead.coco.plan import DataPlan, ShapesPlan
from tests.cli.squares import draw_images, write_squares


def document(number: int, **changes: Any) -> dict[str, Any]:
    entries = [{"id": n, "file_name": f"{n}.jpg", "width": 100, "height": 100} for n in range(number)]
    annotations = [{"id": n, "image_id": n % number, "category_id": 1} for n in range(2 * number)]
    annotations += [{"id": n, "image_id": 7} for n in range(900, 920)]
    entries[3] |= {"width": 5000}
    return {"images": entries, "annotations": annotations, "categories": [], **changes}


def test_the_fullest_and_the_largest_image_are_in_a_sample() -> None:
    few, objects = sampled(document(1000), images=5)
    ids = {image["id"] for image in few["images"]}
    assert (len(ids), {3, 7} <= ids, len(objects), max(objects)) == (5, True, 1000, 22)
    assert {a["image_id"] for a in few["annotations"]} == ids


def test_a_sample_holds_no_more_pixels_than_allowed() -> None:
    few, _ = sampled(document(100), images=50, pixels=100_000)
    assert len(few["images"]) == 10


@pytest.mark.parametrize(
    "broken",
    [
        [],
        {"images": 3},
        document(10, images=["no", None, {"id": [1]}, {"id": 1, "width": "wide", "height": None}]),
        document(10, annotations=[None, {"image_id": {}}]),
    ],
)
def test_a_broken_document_is_left_to_the_strict_reader(broken: Any) -> None:
    few, _ = sampled(broken)
    assert type(few) is type(broken)


def test_a_source_is_read_before_it_is_ingested(tmp_path: Path) -> None:
    write_squares(tmp_path / "bricks" / "annotations.json", images=40, size=(64, 48), side=12)
    draw_images(tmp_path / "bricks" / "images", 40, size=(64, 48))
    plans = Plans(data=DataPlan(val=0.25, test=0.25))
    subject = find_subject(plans, str(tmp_path / "bricks"), tmp_path / "none", tmp_path)
    assert (subject.images, subject.val_images, len(subject.train) < 40, subject.train.classes) == (
        20,
        10,
        True,
        ("brick",),
    )


def test_a_source_that_is_rejected_is_told_in_the_words_of_init(tmp_path: Path) -> None:
    write_squares(tmp_path / "bricks" / "annotations.json", images=3)
    (tmp_path / "bricks" / "images").mkdir()
    with pytest.raises(ValueError, match=r"rejected by 3 fault\(s\): 3 file-missing"):
        find_subject(Plans(), str(tmp_path / "bricks"), tmp_path / "none", tmp_path)


def test_a_path_that_is_no_dataset_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="which is no dataset that is known"):
        find_subject(Plans(), str(tmp_path / "empty"), tmp_path / "none", tmp_path)


def test_the_drawn_dataset_is_looked_at_before_it_is_drawn_whole(tmp_path: Path) -> None:
    plans = Plans(data=DataPlan(shapes=ShapesPlan(train=500, val=2, test=100, size=32)))
    subject = find_subject(plans, None, tmp_path / "none", tmp_path)
    assert (subject.images, subject.val_images, len(subject.train), len(subject.val)) == (500, 2, 24, 2)


def test_a_dataset_of_another_source_is_told(dataset: Path, tmp_path: Path) -> None:
    plans = Plans(data=DataPlan(source="bricks"))
    assert "made of shapes, params.yaml names bricks" in find_subject(plans, None, dataset.parent, tmp_path).stale


def test_a_canonical_split_is_measured_like_its_source(dataset: Path, tmp_path: Path) -> None:
    from rehead.coco.faults import FaultLog
    from rehead.coco.image_pool import ImagePool
    from rehead.coco.reading import read_source
    from rehead.coco.sources import opened_source

    with opened_source(dataset) as source, ImagePool() as pool:
        records = read_source(source.unseen(), FaultLog(), pool)["train"]
    own = measured(find_subject(Plans(), None, dataset.parent, tmp_path).train)
    read = measure([records])
    assert (own.sizes_n2 == read.sizes_n2).all()
    assert (own.boxes_m4 == read.boxes_m4).all()
    assert (own.label_m == read.label_m).all()
    assert (own.image_m == read.image_m).all()
