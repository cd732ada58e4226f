"""Advice follows from a dataset's numbers."""

import json
from pathlib import Path

import pytest

from rehead.cli.advice import Advice, Survey, advise, survey
from rehead.coco.sources import SourceError


def advice_on(
    *,
    images: int = 100,
    side: float = 640.0,
    object_sides: tuple[float, ...] = (64.0,),
    most: int = 5,
    batch_size: int = 4,
) -> dict[str, Advice]:
    found = Survey(sides=(side,) * images, object_sides=object_sides, most_objects=most)
    return {item.key: item for item in advise(found, batch_size=batch_size)}


@pytest.mark.parametrize(("object_side", "size"), [(320.0, 160), (40.0, 320), (20.0, 640), (4.0, 640)])
def test_smaller_objects_ask_for_a_larger_input_up_to_the_images_own_size(object_side: float, size: int) -> None:
    assert advice_on(object_sides=(object_side,))["input_size"].value == size


def test_images_smaller_than_any_size_take_the_smallest() -> None:
    assert advice_on(side=100.0, object_sides=(20.0,))["input_size"].value == 160


def test_images_without_objects_take_their_own_size() -> None:
    assert advice_on(object_sides=())["input_size"].value == 160


@pytest.mark.parametrize(("most", "limit"), [(3, 100), (80, 100), (120, 150), (300, 400)])
def test_detections_leave_room_above_the_fullest_image(most: int, limit: int) -> None:
    assert advice_on(most=most)["max_detections"].value == limit


@pytest.mark.parametrize(("images", "depth"), [(14, "backbone"), (5000, "none")])
def test_few_images_keep_the_trunk_frozen(images: int, depth: str) -> None:
    assert advice_on(images=images)["freeze"].value == depth


@pytest.mark.parametrize(("images", "batch_size", "epochs"), [(14, 4, 50), (240, 4, 10), (240, 8, 20), (100_000, 4, 5)])
def test_epochs_aim_at_a_number_of_steps(images: int, batch_size: int, epochs: int) -> None:
    assert advice_on(images=images, batch_size=batch_size)["epochs"].value == epochs


def test_a_survey_measures_all_files_together(tmp_path: Path) -> None:
    for name, width in (("train", 100), ("val", 300)):
        content = {
            "images": [{"id": 1, "width": width, "height": 200}],
            "annotations": [{"image_id": 1, "bbox": [0, 0, 4, 9]}] * 2,
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    found = survey([tmp_path / "train.json", tmp_path / "val.json"])
    assert found == Survey(sides=(100.0, 200.0), object_sides=(6.0,) * 4, most_objects=2)


@pytest.mark.parametrize("box", [[0, 0, -4, 9], [0, 0, 0, 9], [0, 0, -4, -9], [0, 0, 4, float("nan")]])
def test_a_box_without_a_positive_size_is_left_out_and_counted(tmp_path: Path, box: list[float]) -> None:
    content = {
        "images": [{"id": 1, "width": 100, "height": 200}],
        "annotations": [{"image_id": 1, "bbox": [0, 0, 4, 9]}, {"image_id": 1, "bbox": box}],
    }
    (tmp_path / "train.json").write_text(json.dumps(content))
    found = survey([tmp_path / "train.json"])
    assert (found.object_sides, found.unusable) == ((6.0,), 1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"images": [], "annotations": []}', '{"images": [{}]}'])
def test_a_file_that_is_no_coco_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(SourceError, match=r"a\.json|no images"):
        survey([tmp_path / "a.json"])
