from typing import Any

import numpy as np
import pytest

from rehead.detector.plan import ModelPlan
from rehead.evaluation.bottleneck import bottleneck
from rehead.evaluation.by_iou import by_iou
from rehead.evaluation.ceiling import ceilings
from rehead.evaluation.coco_map import coco_map, evaluate_heads
from rehead.evaluation.evidence import ClassFacts, Recipe, evidence_of
from rehead.evaluation.fidelity import Objects
from rehead.evaluation.true_boxes import TrueBoxes
from rehead.training.plan import TrainPlan
from tests.evaluation.scenes import Thing, disc, truth_of

RECIPE = Recipe(ModelPlan(input_size=160), TrainPlan(epochs=6), {"nut": 500, "bolt": 500})
TRUTH = truth_of([Thing(disc((120, 120), 30, 30, 14)), Thing(disc((120, 120), 80, 80, 30), label=2)])
RESULTS = [
    {key: one[key] for key in ("image_id", "category_id", "bbox", "segmentation")} | {"score": 0.9}
    for one in TRUTH["annotations"]
]


def in_true_boxes(iou: float) -> TrueBoxes:
    """Outline one small and one medium object so well."""
    overlap, areas = np.array([iou, iou]), np.array([600.0, 2800.0])
    return TrueBoxes(Objects(np.array([1, 2]), areas), overlap, overlap, np.sqrt(areas) * 160 / 120)


def scored(mask_ap: float | None, *, half_width: float = 0.0) -> dict[str, Any]:
    """Give evaluation.json of a model that scores so; its AP50 is as high."""
    names = ("AP", "AP50", "APs", "APm", "APl")
    interval = None if mask_ap is None else [mask_ap - half_width, mask_ap + half_width]
    return {head: dict.fromkeys(names, mask_ap) for head in ("box", "mask", "boundary")} | {
        "per_class": {name: {"mask_AP": mask_ap} for name in ("nut", "bolt")},
        "intervals": {"mask": {"AP": interval}},
    }


def told(mask_ap: float, iou: float, **scores: Any) -> dict[str, Any]:
    return bottleneck(scored(mask_ap, **scores), {}, TRUTH, RECIPE, true_boxes=in_true_boxes(iou), ceilings=PERFECT)


PERFECT = ceilings(TRUTH, (28, 56))


def test_the_mean_over_thresholds_is_the_head_s_own_ap() -> None:
    moved = [{**one, "bbox": [one["bbox"][0] + 4, *one["bbox"][1:]]} for one in RESULTS]
    evaluations = evaluate_heads(TRUTH, moved, max_detections=100)
    found, scores = by_iou(evaluations), coco_map(TRUTH, moved)
    assert found["iou"] == [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
    for head, metrics in (("box", scores.box), ("mask", scores.mask), ("boundary", scores.boundary)):
        assert np.mean(found[head]) == pytest.approx(metrics["AP"])
    assert found["box"][0] == pytest.approx(1.0)
    assert found["box"][-1] == 0.0


def test_true_boxes_and_ceiling_stand_beside_the_heads_by_threshold() -> None:
    evaluations = evaluate_heads(TRUTH, RESULTS, max_detections=100)
    found = by_iou(evaluations, true_boxes=in_true_boxes(0.72), ceilings=PERFECT)
    assert found["mask_true_boxes"] == [1.0] * 5 + [0.0] * 5
    assert np.mean(found["mask_ceiling"]) == pytest.approx(PERFECT.by_resolution[0].mask["AP"])


def test_what_was_not_measured_or_has_no_object_is_null() -> None:
    empty = {**TRUTH, "annotations": []}
    evaluations = evaluate_heads(empty, RESULTS, max_detections=100)
    assert by_iou(evaluations, ceilings=ceilings(empty, (28,))) == {
        "iou": [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95],
        **dict.fromkeys(("box", "mask", "boundary"), [None] * 10),
        "mask_true_boxes": None,
        "mask_ceiling": None,
    }


@pytest.mark.parametrize(
    ("mask_ap", "iou", "head", "words"),
    [
        (
            0.5,
            0.97,
            "box",
            "Perfect detection would win more (at most 0.500 mask AP) than a perfect mask head (0.000): let the place",
        ),
        (
            0.5,
            0.77,
            "mask",
            "A perfect mask head would win more (at most 0.333 mask AP) than perfect detection (0.100): train the",
        ),
    ],
)
def test_the_head_that_costs_more_is_named_with_what_to_do(mask_ap: float, iou: float, head: str, words: str) -> None:
    found = told(mask_ap, iou)
    assert found["head"] == head
    assert found["sentence"].startswith(words)


def test_heads_that_differ_by_less_than_is_known_cost_alike() -> None:
    differ = told(0.58, 0.82, half_width=0.1)  # true boxes win 0.12, a perfect mask head 0.249
    alike = told(0.58, 0.82, half_width=0.14)
    assert (differ["head"], alike["head"]) == ("mask", None)
    assert alike["sentence"].startswith(
        "Perfect detection and a perfect mask head would win alike, as far as is known (at most 0.120 and 0.249 mask "
        "AP): train the mask head longer"
    )


def test_what_several_views_score_is_not_taken_for_what_true_boxes_are_compared_with() -> None:
    found = bottleneck(scored(0.721), {}, TRUTH, RECIPE, one_look=0.6, true_boxes=in_true_boxes(0.82), ceilings=PERFECT)
    assert (found["mask_AP"], found["mask_AP_one_look"]) == (0.721, 0.6)
    assert found["sentence"].startswith(
        "By one look, a perfect mask head would win more (at most 0.257 mask AP) than perfect detection (0.100): train "
        "the mask head longer (train.epochs: 12), since in true boxes its masks reach AP 0.700 by one look, where"
    )


def test_what_the_verdict_has_told_is_not_told_again() -> None:
    assert (told(0.5, 0.77)["sentence"].count("0.333"), "worth" in told(0.5, 0.77)["sentence"]) == (1, False)
    assert told(0.5, 0.97)["sentence"].endswith("; that is worth 0.500 mask AP at most.")


def test_a_gain_within_what_the_images_leave_open_is_a_guess() -> None:
    found = told(0.58, 0.82, half_width=0.3)
    assert found["sentence"] == (
        "Nothing stands out: 1 image tells mask AP to within 0.300 only. The best guess is to train the mask head "
        "longer (train.epochs: 12), since in true boxes its masks reach AP 0.700, where 28 x 28 numbers can hold 1.000;"
        " that is worth 0.249 mask AP at most."
    )


def test_without_an_interval_nothing_is_taken_to_be_certain() -> None:
    unknown = scored(0.5) | {"intervals": {"mask": {"AP": None}}}
    found = bottleneck(unknown, {}, TRUTH, RECIPE, true_boxes=in_true_boxes(0.77), ceilings=PERFECT)
    assert found["head"] == "mask"
    assert found["sentence"].endswith("; how far that holds on other images is not known.")


def test_a_perfect_model_needs_no_advice() -> None:
    found = told(1.0, 1.0)
    assert (found["advice"], found["sentence"]) == (
        [],
        "Nothing stands out: no single change promises 0.01 mask AP.",
    )


def test_without_an_object_nothing_can_be_told() -> None:
    found = bottleneck(scored(None), {}, {**TRUTH, "annotations": []}, RECIPE)
    assert (found["mask_AP"], found["head"], found["advice"]) == (None, None, [])
    assert found["sentence"] == "Nothing can be told: there is no object to find."


def test_without_true_boxes_the_errors_alone_advise() -> None:
    errors = {head: {"types": {kind: {"cost": 0.1} for kind in ("missed", "localisation")}} for head in ("box", "mask")}
    found = bottleneck(scored(0.5), {"errors": errors}, TRUTH, RECIPE)
    assert (found["head"], found["mask_AP_true_boxes"], found["mask_AP_ceiling"]) == (None, None, None)
    assert found["sentence"].startswith("What to try first: ")
    assert [one["gain"] for one in found["advice"]] == pytest.approx([0.1, 0.1])


def test_evidence_is_read_from_the_reports() -> None:
    one = Recipe(ModelPlan(input_size=160, max_detections=1), TrainPlan(), {"nut": 30})
    kinds = {"localisation": {"cost": 0.2}, "class": {"cost": None}}
    analysis = {
        "confusion": {"classes": ["nut", "bolt", "background"], "counts": [[9, 2, 7], [5, 8, 0], [6, 6, 0]]},
        "errors": {"mask": {"types": kinds}, "box": {"types": {"localisation": {"cost": 0.1}}}},
        "strong_label_errors": 1,
    }
    found = evidence_of(
        scored(0.5, half_width=0.1), analysis, TRUTH, one, true_boxes=in_true_boxes(0.8), ceilings=PERFECT
    )
    assert (found.confused, found.suspects, found.costs) == (("bolt", "nut", 5), 1, {"localisation": 0.1})
    assert (found.objects, found.beyond_limit, found.fullest, found.image_px) == (2, 1, 2, 120)
    assert (found.small_share, found.larger_ap) == (0.5, 0.5)
    assert found.noise == pytest.approx(0.1)
    assert found.classes == (ClassFacts("nut", 0.5, 30), ClassFacts("bolt", 0.5, None))
    assert found.tenth_px == pytest.approx(np.sqrt(600) * 4 / 3, rel=0.2)
