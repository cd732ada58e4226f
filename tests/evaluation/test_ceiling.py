from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pycocotools import mask as native
from torch.nn.functional import interpolate
from torchvision.models.detection.roi_heads import project_masks_on_boxes

from rehead.cli.truth import read_truth
from rehead.coco.rle import bounding_box, encode
from rehead.coco.windows import Crop, crop_of
from rehead.detector.mask_targets import ObjectMasks
from rehead.evaluation.boundary import boundary_of
from rehead.evaluation.ceiling import ceilings
from rehead.evaluation.coco_map import coco_map
from rehead.evaluation.pasting import paste_masks
from rehead.evaluation.resampling import round_trip, size_seen
from tests.evaluation.scenes import Thing, disc, rectangle, truth_of

DATA = Path(__file__).parents[3] / "shared" / "data"
Mask = NDArray[np.bool_]


def mean_ious(*masks: Mask, sides: tuple[int, ...], input_size: int | None = None) -> list[float]:
    found = ceilings(truth_of([Thing(mask) for mask in masks]), sides, input_size=input_size)
    return [one.mean_iou or 0.0 for one in found.by_resolution]


def star(shape: tuple[int, int], radius: float) -> Mask:
    rows, columns = np.mgrid[: shape[0], : shape[1]] - np.array(shape)[:, None, None] / 2
    return np.asarray(np.hypot(rows, columns) < radius * (0.75 + 0.25 * np.cos(9 * np.arctan2(rows, columns))))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([7, 14, 28, 56]))
def test_a_mask_goes_the_way_of_torchvision_s_targets_and_of_our_predictions(seed: int, side: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = (int(number) for number in rng.integers(20, 90, 2))
    mask = disc((height, width), rng.uniform(0, width), rng.uniform(0, height), rng.uniform(4, 60))
    mask[int(rng.integers(height)), int(rng.integers(width))] = True
    x, y, w, h = bounding_box(encode(mask))
    box_4 = torch.tensor([x, y, x + w, y + h]) + torch.from_numpy(rng.uniform(-0.5, 0.5, 4).astype(np.float32))
    box_4 = box_4.clamp(min=0).minimum(torch.tensor([width, height] * 2))
    (target,) = project_masks_on_boxes(torch.from_numpy(mask)[None].float(), box_4[None], torch.zeros(1), side)
    (back,) = round_trip(crop_of(encode(mask)), box_4, [side], height=height, width=width)
    assert encode(_placed(back, height, width)) == paste_masks(target[None], box_4[None], height=height, width=width)[0]


def _placed(crop: Crop, height: int, width: int) -> Mask:
    mask = np.zeros((height, width), bool)
    mask[crop.y : crop.window.bottom, crop.x : crop.window.right] = crop.mask_hw
    return mask


@pytest.mark.parametrize("input_size", [40, 97, 160])
def test_a_mask_is_resized_as_torchvision_resizes_it_for_the_network(input_size: int) -> None:
    mask = star((120, 150), 50)
    height, width = size_seen(120, 150, input_size)
    found = ObjectMasks([crop_of(encode(mask))], (120, 150), (height, width)).seen(0)
    scale = input_size / 120
    expected = interpolate(torch.from_numpy(mask)[None, None].float(), scale_factor=scale, recompute_scale_factor=True)
    assert (height, width) == expected.shape[-2:]
    assert (_placed(found, height, width) == expected[0, 0].numpy().astype(bool)).all()


@pytest.mark.parametrize("shape", [disc((300, 300), 150, 150, 120), star((300, 300), 130)], ids=["disc", "star"])
def test_the_ceiling_rises_with_the_resolution_on_large_shapes(shape: Mask) -> None:
    coarse, middle, fine = mean_ious(shape, sides=(7, 14, 28))
    assert coarse < middle < fine


def test_a_large_rectangle_in_its_own_box_scores_one() -> None:
    assert mean_ious(rectangle((300, 300), 40, 60, 236, 256), sides=(28,)) == pytest.approx([1.0], abs=0.02)


def test_a_large_object_keeps_almost_all_at_a_fine_resolution() -> None:
    assert mean_ious(disc((400, 400), 200, 200, 150), sides=(112,))[0] > 0.98


def test_a_ring_of_one_pixel_is_lost_in_fourteen_numbers() -> None:
    ring = disc((120, 120), 60, 60, 50) & ~disc((120, 120), 60, 60, 49)
    coarse, fine = mean_ious(ring, sides=(14, 112))
    assert coarse < 0.1 < fine


def test_a_small_object_wins_nothing_from_numbers_beyond_its_pixels() -> None:
    coarse, fine = mean_ious(disc((64, 64), 30, 30, 8), sides=(28, 112))
    assert fine <= coarse + 0.02


def test_a_small_input_takes_away_what_a_fine_resolution_would_keep() -> None:
    whole, shrunk = (mean_ious(star((300, 300), 130), sides=(56,), input_size=size)[0] for size in (None, 48))
    assert shrunk < whole - 0.02


def test_without_objects_it_is_undefined() -> None:
    found = ceilings({"images": [], "categories": [], "annotations": []}, (28,))
    assert (found.objects, found.by_resolution[0].mean_iou, found.by_resolution[0].mask["AP"]) == (0, None, None)


def test_a_crowd_region_is_no_object() -> None:
    truth = truth_of([Thing(disc((90, 90), 40, 40, 20))])
    truth["annotations"][0]["iscrowd"] = 1
    assert ceilings(truth, (28,)).objects == 0


def test_a_box_that_roi_align_cannot_take_is_refused() -> None:
    truth = truth_of([Thing(disc((90, 90), 40, 40, 20))])
    truth["annotations"][0]["bbox"] = [0.0, 0.0, 1e12, 10.0]
    with pytest.raises(ValueError, match="lie beyond"):
        ceilings(truth, (28,))


@pytest.mark.parametrize("sides", [(), (0, 28)])
def test_a_resolution_that_is_none_is_refused(sides: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="resolutions"):
        ceilings(truth_of([Thing(disc((90, 90), 40, 40, 20))]), sides)


def test_of_too_many_objects_whole_images_are_drawn_and_both_numbers_told() -> None:
    truth = truth_of([Thing(disc((90, 90), 40, 40, 20)), Thing(disc((90, 90), 20, 20, 9))])
    more = [{**one, "image_id": image} for image in range(2, 9) for one in truth["annotations"]]
    truth["annotations"] += more
    truth["images"] += [{**truth["images"][0], "id": image} for image in range(2, 9)]
    found = ceilings(truth, (28,), most_objects=5)
    assert (found.images, found.objects, found.objects_in_all) == (2, 4, 16)


def test_the_worst_object_is_named_by_file_class_and_box() -> None:
    ring = disc((120, 120), 60, 60, 50) & ~disc((120, 120), 60, 60, 49)
    worst = ceilings(truth_of([Thing(disc((120, 120), 60, 60, 40)), Thing(ring, label=2)]), (14, 28)).worst[0]
    assert (worst.image, worst.category, worst.bbox[2:], set(worst.iou)) == ("scene.png", "bolt", (101, 101), {14, 28})


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not here")
def test_the_scores_are_those_of_the_evaluators_on_real_masks() -> None:
    truth = read_truth(DATA / "coco_mini", split="val").document
    truth["annotations"] = [one for one in truth["annotations"] if one["image_id"] % 4 == 0]
    found = ceilings(truth, (28,)).by_resolution[0]
    results = [_perfect(one) for one in truth["annotations"] if not one["iscrowd"]]
    mask = coco_map(truth, [{**r, "score": r["mask"]} for r in results]).mask
    edge = coco_map(truth, [{**r, "score": r["edge"]} for r in results]).boundary
    assert found.mask == pytest.approx({name: mask[name] for name in found.mask}, abs=1e-6)
    assert found.boundary == pytest.approx({name: edge[name] for name in found.boundary}, abs=1e-6)


def _perfect(one: dict[str, Any]) -> dict[str, Any]:
    """Give an object's mask as a perfect head does, with both overlaps by which it may be ranked."""
    true = one["segmentation"]
    height, width = true["size"]
    x, y, w, h = one["bbox"]
    box_4 = torch.tensor([x, y, x + w, y + h], dtype=torch.float32)
    (back,) = round_trip(crop_of(true), box_4, [28], height=height, width=width)
    mask = encode(_placed(back, height, width))
    whole = float(native.iou([mask], [true], [0])[0, 0])
    edge = float(native.iou([boundary_of(mask)], [boundary_of(true)], [0])[0, 0])
    own = {key: one[key] for key in ("image_id", "category_id", "bbox")}
    return {**own, "segmentation": mask, "mask": whole, "edge": min(whole, edge)}
