"""A made-up analysis of an evaluation, of as many classes and images as asked for, with every part that pages show."""

from collections.abc import Sequence
from typing import Any

import numpy as np

METRICS = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")
_IOUS = [round(0.5 + 0.05 * step, 2) for step in range(10)]
_RECALL = np.linspace(0, 1, 101)
_SCORE = np.linspace(0.02, 0.98, 49)
_TYPES = ("class", "localisation", "both", "duplicate", "background", "missed")
_HEADS = ("box", "mask", "boundary")


def sample_evaluation(names: Sequence[str], *, images: int = 40) -> dict[str, Any]:
    """Make reports/evaluation.json: the first classes are the weakest, and there is no large object."""
    per_class = {
        name: {"annotations": 12 + 7 * place}
        | {f"{head}_AP": _level(place, names) - 0.07 * step for step, head in enumerate(_HEADS)}
        | {"box_AP50": _level(place, names) + 0.1, "mask_AP50": _level(place, names) + 0.06}
        for place, name in enumerate(names)
    }
    heads = {head: _twelve(0.72 - 0.07 * step) for step, head in enumerate(_HEADS)}
    spread = {head: {name: _around(value) for name, value in heads[head].items()} for head in heads}
    of_classes = {name: _around(one["mask_AP"]) for name, one in per_class.items()}
    return heads | {
        "per_class": per_class,
        "intervals": spread | {"per_class": of_classes, "confidence": 0.95, "resamples": 1000},
        "thresholds": {"on": "val", "rule": "f1", "classes": {name: _threshold(i) for i, name in enumerate(names)}},
        "dataset": {"split": "test", "fingerprint": "5f" * 32, "images": images, "annotations": 612},
        "max_detections": 100,
        "weights_sha256": "ab" * 32,
        "evaluator": "pycocotools 2.0.11",
    }


def sample_analysis(names: Sequence[str], *, images: int = 40) -> dict[str, Any]:
    """Make reports/analysis.json of the same evaluation."""
    random = np.random.default_rng(7)
    files = [{"image_id": i + 1, "file_name": f"field/row_{i // 8}/photo_{i:04d}.jpg"} for i in range(images)]
    return {
        "dataset": {"split": "test", "fingerprint": "5f" * 32, "images": images, "annotations": 612},
        "iou": 0.5,
        "thresholds": {name: _threshold(place)["score"] for place, name in enumerate(names)},
        "per_class": {n: {head: _twelve(_level(i, names)) for head in _HEADS} for i, n in enumerate(names)},
        "curves": {head: _curves(names, 0.92 - 0.04 * step) for step, head in enumerate(("box", "mask"))},
        "score_curves": {
            "all": _score_curve(0),
            "classes": {name: _score_curve(place) for place, name in enumerate(names, start=1)},
        },
        "confusion": _confusion(names, random),
        "errors": {head: _errors(names, random, scale) for head, scale in (("box", 0.8), ("mask", 1.0))},
        "calibration": _calibration(random),
        "counting": _counting(files, names, random),
        "areas": _areas(names, random),
        "groups": _groups(),
        "label_errors": [_label_error(rank, names, files, random) for rank in range(1, 9)],
        "by_iou": {"iou": _IOUS}
        | {head: [round(max(0.97 - step * (iou - 0.3) ** 2, 0), 3) for iou in _IOUS] for head, step in _STEEPNESS},
        "bottleneck": {
            "box_AP": 0.72,
            "mask_AP": 0.65,
            "boundary_AP": 0.58,
            "mask_AP_true_boxes": 0.76,
            "mask_AP_ceiling": 0.91,
            "sentence": "A perfect mask head would win more (at most 0.128 mask AP) than perfect detection (0.110).",
            "advice": [
                {"action": f"Add images of {names[0]}", "because": "its mask AP is 0.31 on 12 objects"},
                {"action": "Raise model.input_size", "because": "small objects reach AP 0.41, medium ones 0.70"},
                {"action": "Look at 8 likely label errors", "because": "two of them are sure detections without truth"},
            ],
        },
        "augmentation": None,
    }


_STEEPNESS = (("box", 1.6), ("mask", 1.9), ("boundary", 2.3), ("mask_true_boxes", 1.2), ("mask_ceiling", 0.4))


def _level(place: int, names: Sequence[str]) -> float:
    return 0.4 + 0.5 * place / max(len(names) - 1, 1)


def _twelve(level: float) -> dict[str, float | None]:
    steps = (0, 0.18, 0.05, -0.3, -0.02, None, -0.3, 0.05, 0.1, -0.2, 0.05, None)
    return {name: None if step is None else level + step for name, step in zip(METRICS, steps, strict=True)}


def _around(value: float | None) -> list[float] | None:
    return None if value is None else [value - 0.031, value + 0.028]


def _threshold(place: int) -> dict[str, float]:
    score = 0.35 + 0.05 * (place % 8)
    return {"score": score, "precision": 0.9, "recall": 0.8, "f1": 0.847}


def _curves(names: Sequence[str], top: float) -> dict[str, Any]:
    classes = {name: _precision(top - 0.02 * (place % 5)) for place, name in enumerate(names, start=1)}
    return {"all": _precision(top), "classes": classes}


def _precision(reach: float) -> dict[str, list[float]]:
    strict = reach - 0.15
    curves = {"precision50": 1 - 0.3 * (_RECALL / reach) ** 3, "precision75": 1 - 0.4 * (_RECALL / strict) ** 2}
    ends = {"precision50": reach, "precision75": strict}
    cut = {name: np.where(ends[name] >= _RECALL, curve, 0).round(3).tolist() for name, curve in curves.items()}
    return cut | {"score50": (1 - _RECALL).round(3).tolist()}


def _score_curve(place: int) -> dict[str, list[float]]:
    precision, recall = 0.5 + 0.5 * _SCORE**0.6, 1 - _SCORE ** (2.5 + 0.2 * (place % 5))
    f1 = 2 * precision * recall / (precision + recall)
    curves = {"score": _SCORE, "precision": precision, "recall": recall, "f1": f1}
    return {name: curve.round(3).tolist() for name, curve in curves.items()}


def _confusion(names: Sequence[str], random: np.random.Generator) -> dict[str, Any]:
    size = len(names) + 1
    counts = random.poisson(0.4, (size, size))
    counts[np.diag_indices(size - 1)] = random.integers(10, 140, size - 1)
    counts[:-1, -1] += random.poisson(5, size - 1)
    counts[-1, :-1] += random.poisson(4, size - 1)
    counts[-1, -1] = 0
    return {"iou": 0.5, "classes": [*names, "background"], "counts": counts.tolist()}


def _errors(names: Sequence[str], random: np.random.Generator, scale: float) -> dict[str, Any]:
    costs = (0.021, 0.064, 0.004, 0.011, 0.035, 0.082)
    types = {
        kind: {"count": 3 * (shown := int(random.poisson(700 * cost))), "shown": shown, "cost": scale * cost}
        for kind, cost in zip(_TYPES, costs, strict=True)
    }
    per_class = {name: {kind: int(random.poisson(4)) for kind in _TYPES} for name in names}
    return {"AP50": 0.83, "types": types, "per_class": per_class}


def _calibration(random: np.random.Generator) -> dict[str, Any]:
    bins = [
        {"low": low, "high": low + 0.1, "score": low + 0.05, "precision": min(1, low * 0.9 + 0.02), "count": count}
        for low, count in zip(np.arange(10) / 10, random.integers(4, 200, 10).tolist(), strict=True)
    ]
    return {"bins": bins, "expected_error": 0.057}


def _counting(files: Sequence[dict[str, Any]], names: Sequence[str], random: np.random.Generator) -> dict[str, Any]:
    images = []
    for file in files:
        true = int(random.integers(0, 30))
        images.append(file | {"true": true, "predicted": max(0, true + int(random.integers(-3, 3)))})
    three = {"mean_absolute_error": 1.4, "bias": -0.45, "exact_share": 0.31}
    return {"images": images, **three, "per_class": dict.fromkeys(names, three)}


def _areas(names: Sequence[str], random: np.random.Generator) -> dict[str, Any]:
    objects = []
    for place in range(300):
        true = float(np.exp(random.normal(7.5, 1)))
        predicted = true * float(np.exp(random.normal(-0.03, 0.15)))
        objects.append({"class": names[place % len(names)], "true": round(true), "predicted": round(predicted)})
    three = {"median_relative_error": 0.072, "bias": -0.031, "p90_relative_error": 0.24}
    return {"objects": objects, **three, "per_class": dict.fromkeys(names, three)}


def _groups() -> dict[str, Any]:
    kinds = {
        "size": ("small", "medium", "large"),
        "crowding": ("alone", "touched", "crowded"),
        "border": ("inside", "cut by the border"),
    }
    levels = (0.72, 0.61, None)
    return {
        kind: [
            {"name": name, "objects": 200 if level else 0, "AP": level, "AP50": level and 0.9, "recall": level and 0.8}
            for name, level in zip(names, levels, strict=False)
        ]
        for kind, names in kinds.items()
    }


def _label_error(
    rank: int, names: Sequence[str], files: Sequence[dict[str, Any]], random: np.random.Generator
) -> dict[str, Any]:
    kind = ("missing label", "wrong class", "bad outline", "spurious label")[rank % 4]
    corner = random.integers(5, 90, 4).tolist()
    name = names[rank % len(names)]
    return files[rank % len(files)] | {
        "rank": rank,
        "kind": kind,
        "class": name,
        "predicted": names[0] if kind == "wrong class" else name,
        "score": 0.99 - 0.02 * rank,
        "iou": 0.1 * (rank % 4),
        "bbox": corner,
        "annotation_id": None if kind == "missing label" else rank,
        "why": f"a detection of {name} scored {0.99 - 0.02 * rank:.2f} has no labelled object under it",
    }
