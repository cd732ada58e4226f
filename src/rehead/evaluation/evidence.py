"""The numbers of an evaluation that advice rests on."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rehead.coco.plan import TilePlan
from rehead.detector.plan import ModelPlan
from rehead.detector.sizes import SIZES
from rehead.evaluation.ceiling import Ceilings
from rehead.evaluation.true_boxes import TrueBoxes
from rehead.training.plan import TrainPlan


@dataclass(frozen=True)
class Recipe:
    """How a model was built and trained, and from how many objects of each class."""

    model: ModelPlan
    train: TrainPlan
    objects: Mapping[str, int] = field(default_factory=dict)
    tile: TilePlan | None = None


@dataclass(frozen=True)
class ClassFacts:
    """A class: its mask AP on the test split, and its objects in the train split (None: not known)."""

    name: str
    ap: float
    objects: int | None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was measured on one split of a model made by a recipe; None, 0 or empty: not known."""

    recipe: Recipe
    ap: float
    """Mask AP, as are all that follow."""
    ap50: float
    noise: float | None = None
    """Half the width of its confidence interval."""
    one_look: float | None = None
    """By one look, where `ap` is of several views."""
    true_boxes: float | None = None
    """In true boxes, by one look."""
    ceiling: float | None = None
    """Of a perfect head with masks of the model's side."""
    finer: float | None = None
    """Of a perfect head with masks of twice the side."""
    classes: tuple[ClassFacts, ...] = ()
    small_ap: float | None = None
    larger_ap: float | None = None
    small_share: float = 0.0
    """Share of objects that COCO calls small."""
    tenth_px: float | None = None
    """Side that one object in ten does not reach, in pixels of the network's input."""
    image_px: int = 0
    """Shorter side of the images in pixels, or of a tile."""
    costs: Mapping[str, float] = field(default_factory=dict)
    """Type of error to the AP50 that it costs."""
    confused: tuple[str, str, int] | None = None
    """The two classes that are confused most: what is true, what it is taken for, how often."""
    suspects: int = 0
    """Label errors that are very likely."""
    objects: int = 0
    beyond_limit: int = 0
    """Objects beyond those that may be detected in their image."""
    fullest: int = 0
    """Objects of the fullest image."""

    @property
    def input_size(self) -> int:
        """Shorter side of the network's input."""
        return self.recipe.model.input_size or SIZES[self.recipe.model.arch].input_size

    @property
    def side(self) -> int:
        """Side of the head's masks."""
        return int(self.recipe.model.mask_head.rpartition("_")[2])

    @property
    def plain_ap(self) -> float:
        """By one look, as true boxes are looked at: what is compared with them."""
        return self.ap if self.one_look is None else self.one_look

    @property
    def by_one_look(self) -> str:
        """Say so after a number in true boxes, where `ap` is of several views."""
        return "" if self.one_look is None else " by one look"

    @property
    def detection_cost(self) -> float | None:
        """AP that true boxes and classes, in the right order, would win."""
        return None if self.true_boxes is None else max(self.true_boxes - self.plain_ap, 0.0)

    @property
    def mask_cost(self) -> float | None:
        """AP that a perfect mask head would win in the boxes as they are: what it wins in true ones, in proportion."""
        if not self.true_boxes or self.ceiling is None:
            return None
        return max(self.ceiling - self.true_boxes, 0.0) * self.plain_ap / self.true_boxes

    def cost(self, kind: str) -> float:
        """AP that one type of error costs, by the model's own ratio of AP to AP50; no more than detection costs."""
        cost = self.costs.get(kind, 0.0) * (self.ap / self.ap50 if self.ap50 else 1.0)
        return cost if self.detection_cost is None else min(cost, self.detection_cost)


def evidence_of(
    scored: Mapping[str, Any],
    analysis: Mapping[str, Any],
    truth: Mapping[str, Any],
    recipe: Recipe,
    *,
    one_look: float | None = None,
    true_boxes: TrueBoxes | None = None,
    ceilings: Ceilings | None = None,
) -> Evidence:
    """Collect from evaluation.json, from as much of analysis.json as there is, and from the split's COCO document.

    The first of `ceilings` is that of the model's own masks, the second that of finer ones. Mask AP must be defined.
    Where it is of several views, `one_look` is that of one.
    """
    mask, tile = scored["mask"], recipe.tile
    held = Counter(one["image_id"] for one in truth["annotations"] if not one["iscrowd"])
    larger = [ap for ap in (mask["APm"], mask["APl"]) if ap is not None]
    sides = [min(image["width"], image["height"]) for image in truth["images"]]
    perfect = [one.mask["AP"] for one in ceilings.by_resolution] if ceilings else []
    return Evidence(
        recipe=recipe,
        ap=mask["AP"],
        ap50=mask["AP50"],
        noise=_half_width(scored),
        one_look=one_look,
        true_boxes=true_boxes.mask["AP"] if true_boxes else None,
        ceiling=perfect[0] if perfect else None,
        finer=perfect[1] if len(perfect) > 1 else None,
        classes=tuple(
            ClassFacts(name, row["mask_AP"], recipe.objects.get(name))
            for name, row in scored["per_class"].items()
            if row["mask_AP"] is not None
        ),
        small_ap=mask["APs"],
        larger_ap=float(np.mean(larger)) if larger else None,
        small_share=float(true_boxes.objects.by_size["small"].mean()) if true_boxes and held else 0.0,
        tenth_px=float(np.quantile(true_boxes.sides_m, 0.1)) if true_boxes and held else None,
        image_px=min(int(np.median(sides)), tile.size if tile else max(sides)),
        costs=_costs(analysis),
        confused=_confused(analysis.get("confusion")),
        suspects=analysis.get("strong_label_errors") or 0,
        objects=held.total(),
        beyond_limit=sum(max(count - recipe.model.max_detections, 0) for count in held.values()),
        fullest=max(held.values(), default=0),
    )


def _half_width(scored: Mapping[str, Any]) -> float | None:
    low_high = ((scored.get("intervals") or {}).get("mask") or {}).get("AP")
    return (low_high[1] - low_high[0]) / 2 if low_high else None


def _costs(analysis: Mapping[str, Any]) -> dict[str, float]:
    """Take the costs of masks; where an object is only touched, that of boxes, for a mask can miss in a good box."""
    heads = analysis.get("errors") or {}
    kinds = {**heads["mask"]["types"], "localisation": heads["box"]["types"]["localisation"]} if heads else {}
    return {kind: row["cost"] for kind, row in kinds.items() if row["cost"] is not None}


def _confused(confusion: Mapping[str, Any] | None) -> tuple[str, str, int] | None:
    if not confusion:
        return None
    counts = np.array(confusion["counts"])[:-1, :-1]
    np.fill_diagonal(counts, 0)
    if not counts.any():
        return None
    true, taken = np.unravel_index(counts.argmax(), counts.shape)
    return confusion["classes"][true], confusion["classes"][taken], int(counts[true, taken])
