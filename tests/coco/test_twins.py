"""Near copies of pictures are found, turned ones with the way they were turned, and different pictures are not."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from rehead.coco.looks import look_of
from rehead.coco.symmetries import WAYS
from rehead.coco.twins import find_twins
from tests.coco.pictures import EDITS, Edit, picture

TURNS = {
    Image.Transpose.FLIP_TOP_BOTTOM: "mirrored",
    Image.Transpose.FLIP_LEFT_RIGHT: "mirrored",
    Image.Transpose.ROTATE_180: "turned by 180 degrees",
    Image.Transpose.TRANSPOSE: "mirrored and turned",
    Image.Transpose.ROTATE_90: "turned by 90 degrees",
    Image.Transpose.ROTATE_270: "turned by 90 degrees",
    Image.Transpose.TRANSVERSE: "mirrored and turned",
}
OTHERS = [look_of(picture(seed)) for seed in range(100, 130)]


def _found(looks: list[bytes], parts: list[int]) -> list[tuple[int, int, str]]:
    twins = find_twins(looks, np.array(parts, np.int64))
    pairs = zip(twins.pairs_p2.tolist(), twins.ways_p.tolist(), strict=True)
    return [(first, second, WAYS[way]) for (first, second), way in pairs]


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("seed", range(4))
def test_a_changed_copy_is_found_among_other_pictures(edit: Edit, seed: int) -> None:
    looks = [look_of(picture(seed)), *OTHERS, look_of(edit(picture(seed)))]
    assert _found(looks, [0] * 20 + [1] * 12) == [(0, 31, "as it is")]


@pytest.mark.parametrize(("turn", "way"), TURNS.items())
@pytest.mark.parametrize("seed", range(4))
def test_a_turned_copy_is_found_with_its_way(turn: Image.Transpose, way: str, seed: int) -> None:
    looks = [look_of(picture(seed).transpose(turn)), *OTHERS, look_of(picture(seed))]
    assert _found(looks, [0] * 20 + [1] * 12) == [(0, 31, way)]


def test_a_turned_copy_is_found_whichever_part_is_larger() -> None:
    looks = [look_of(picture(1)), *OTHERS, look_of(picture(1).transpose(Image.Transpose.ROTATE_90))]
    found = [_found(looks, [0] * first + [1] * (32 - first)) for first in (1, 31)]
    assert found == [[(0, 31, "turned by 90 degrees")]] * 2


def test_turned_copies_inside_one_part_are_left_alone() -> None:
    looks = [look_of(picture(1)), look_of(picture(1).transpose(Image.Transpose.ROTATE_90))]
    assert _found(looks, [0, 0]) == []


def test_near_copies_inside_one_part_are_found() -> None:
    assert _found([look_of(picture(1)), look_of(EDITS["brighter"](picture(1)))], [0, 0]) == [(0, 1, "as it is")]


def test_different_pictures_are_no_twins() -> None:
    assert _found(OTHERS, [0] * 15 + [1] * 15) == []


def test_a_picture_that_looks_the_same_when_turned_is_a_near_copy_not_a_turned_one() -> None:
    square = picture(1, width=96, height=96)
    almost = Image.blend(square, square.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 0.45)
    looks = [look_of(almost), look_of(almost.transpose(Image.Transpose.FLIP_LEFT_RIGHT))]
    assert _found(looks, [0, 1]) == [(0, 1, "as it is")]


@pytest.mark.parametrize("grey", [0, 12, 252])
def test_pictures_without_contrast_are_twins_of_none(grey: int) -> None:
    noise = (np.random.default_rng(seed).integers(grey, grey + 4, (60, 80, 3), dtype=np.uint8) for seed in (0, 0, 1))
    assert _found([look_of(Image.fromarray(pixels)) for pixels in noise], [0, 1, 1]) == []


def test_pictures_without_a_look_are_twins_of_none() -> None:
    assert _found([b"", b"", look_of(picture(1))], [0, 1, 1]) == []


@pytest.mark.parametrize("objects", [5, 30])
def test_small_objects_under_one_uneven_light_tell_pictures_apart(objects: int) -> None:
    """Backgrounds of microscopes and conveyor belts are alike to the last grey level: what lies on them differs."""
    y, x = np.mgrid[-0.5:0.5:240j, -0.5:0.5:320j]
    light = np.clip(180 - 120 * (x**2 + y**2), 0, 255).astype(np.uint8)
    looks = []
    for seed in range(24):
        rng = np.random.default_rng(seed)
        image = Image.fromarray(light)
        for left, top in rng.uniform((0, 0), (305, 225), (objects, 2)):
            ImageDraw.Draw(image).ellipse((left, top, left + 8, top + 8), fill=90)
        noisy = np.asarray(image) + rng.normal(0, 2, light.shape)
        looks.append(look_of(Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).convert("RGB")))
    assert _found(looks, [0, 1] * 12) == []


def test_large_pictures_look_as_they_do_when_small() -> None:
    looks = [look_of(picture(3, width=1600, height=1200)), look_of(picture(3, width=400, height=300))]
    assert _found(looks, [0, 1]) == [(0, 1, "as it is")]


def test_of_a_thousand_equal_pictures_each_finds_another() -> None:
    found = _found([look_of(picture(1))] * 1000, [0] * 700 + [1] * 300)
    assert {second for first, second, _ in found if first < 700 <= second} == set(range(700, 1000))
