"""The charts of an analysis as Vega-Lite specifications, written by hand."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from rehead.reporting.chart_style import (
    DASHED,
    DOTTED,
    SOLID,
    Series,
    Spec,
    axis,
    chart,
    diagonal,
    dots,
    legend,
    lines,
    series,
    share,
    sized,
)
from rehead.reporting.rows import Facts

MOST_CLASSES = 80
"""More curves than these are left out of the page: each takes 3 kB."""
MOST_OBJECTS = 600

_PARTS = ("by_iou", "curves", "score_curves", "calibration", "counting", "areas")
_BOX, _MASK, _SOFT = "var(--box)", "var(--mask)", "var(--soft)"
_BY_IOU: Mapping[str, tuple[str, str, Sequence[int]]] = {
    "box": ("box", _BOX, SOLID),
    "mask": ("mask", _MASK, SOLID),
    "boundary": ("boundary", "var(--boundary)", SOLID),
    "mask_true_boxes": ("mask, true boxes given", _MASK, DASHED),
    "mask_ceiling": ("mask ceiling", _SOFT, DOTTED),
}
_RATES: Series = {"precision": (_BOX, SOLID), "recall": (_MASK, DASHED), "F1": ("var(--good)", DOTTED)}
_OF_CLASS = {"filter": "datum.class == shown"}
_MEAN = ""
"""What stands for the mean in place of a class's name, which is never empty."""
_PICKED = [{"name": "shown", "value": _MEAN}]
"""The page sets this parameter to the class that is picked."""


def draw_charts(analysis: Facts, names: Sequence[str]) -> dict[str, Spec]:
    """Draw what an analysis holds: charts by name, with curves of the first 80 classes in `names`."""
    parts, names = {name: analysis.get(name) for name in _PARTS}, names[:MOST_CLASSES]
    drawn: dict[str, Spec | None] = {
        "by_iou": parts["by_iou"] and plot_by_iou(parts["by_iou"]),
        "precision": parts["curves"] and plot_precision(parts["curves"], names),
        "scores": parts["score_curves"] and plot_scores(parts["score_curves"], analysis.get("thresholds") or {}, names),
        "calibration": parts["calibration"] and plot_calibration(parts["calibration"]),
        "counting": parts["counting"] and plot_counts(parts["counting"]["images"]),
        "areas": parts["areas"] and plot_areas(parts["areas"]["objects"]),
    }
    return {name: spec for name, spec in drawn.items() if spec and spec["data"]["values"]}


def plot_by_iou(by_iou: Facts) -> Spec:
    """Plot AP of every head over the IoU that a match needs."""
    looks = {words: (tint, dash) for key, (words, tint, dash) in _BY_IOU.items() if by_iou.get(key)}
    rows = [
        {"IoU": iou, "AP": value, "of": words}
        for key, (words, _, _) in _BY_IOU.items()
        for iou, value in zip(by_iou["iou"], by_iou.get(key) or [], strict=False)
        if value is not None
    ]
    x = axis("IoU", "IoU that counts as a match", domain=(0.5, 0.95), values=by_iou["iou"], format=".2f")
    shown = {"x": x, "y": share("AP", "AP")} | series("of", looks)
    said = "AP of each head over the IoU that counts as a match"
    return chart(said, lines(shown, "of", "IoU", "AP"), values=rows, **legend(looks))


def plot_precision(curves: Facts, names: Sequence[str]) -> Spec:
    """Plot precision over recall of the picked class, for both heads at IoU 0.50 and 0.75."""
    kinds = [(head, iou) for iou in (50, 75) for head in ("box", "mask") if curves.get(head)]
    looks = {f"{head} {iou}": (f"var(--{head})", SOLID if iou == 50 else DASHED) for head, iou in kinds}
    rows = [
        {"class": name, "of": f"{head} {iou}", "precision": curve}
        for head, iou in kinds
        for name, lines in _with_mean(curves[head], names)
        if (curve := lines.get(f"precision{iou}"))
    ]
    transform = [
        _OF_CLASS,
        {"calculate": "sequence(0, length(datum.precision))", "as": "step"},
        {"flatten": ["step", "precision"]},
        {"filter": "datum.precision > 0"},  # beyond the last recall that was reached there is nothing to see
        {"calculate": "datum.step / 100", "as": "recall"},
    ]
    x, y = share("recall", "recall: share of the objects that is found"), share("precision", "precision")
    layers = lines({"x": x, "y": y} | series("of", looks), "of", "recall", "precision")
    said = "Precision over recall of the picked class, box and mask at IoU 0.50 and 0.75"
    return chart(said, layers, values=rows, transform=transform, params=_PICKED, **legend(looks))


def plot_scores(score_curves: Facts, thresholds: Facts, names: Sequence[str]) -> Spec:
    """Plot precision, recall and F1 of the picked class over the score that a detection needs, and the chosen score."""
    rows = [
        {"class": name, "score": curve["score"], **{rate: curve[rate.lower()] for rate in _RATES}}
        for name, curve in _with_mean(score_curves, names)
        if curve
    ]
    unfolded = [_OF_CLASS, {"flatten": ["score", *_RATES]}, {"fold": list(_RATES), "as": ["rate", "value"]}]
    x, y = share("score", "score that a detection needs"), share("value", "share")
    layers = lines({"x": x, "y": y} | series("rate", _RATES), "rate", "score", "value")
    chosen = [{"class": name, "at": thresholds[name]} for name in names if thresholds.get(name) is not None]
    at = {"data": {"values": chosen}, "transform": [_OF_CLASS]}
    place = {"x": {"field": "at", "type": "quantitative"}}
    text = {"y": {"value": 8}, "text": {"field": "at", "format": ".2f"}}
    layers = [layer | {"transform": unfolded} for layer in layers]
    layers.append(at | {"mark": {"type": "rule", "stroke": "var(--ink)", "strokeWidth": 1.5}, "encoding": place})
    layers.append(at | {"mark": {"type": "text", "align": "left", "dx": 5}, "encoding": place | text})
    said = "Precision, recall and F1 of the picked class over the score that a detection needs"
    return chart(said, layers, values=rows, params=_PICKED, **legend(_RATES))


def plot_calibration(calibration: Facts) -> Spec:
    """Plot how many detections of a score are right: on the diagonal, those scored 0.8 are right 8 times in 10."""
    rows = [row for row in calibration["bins"] if row.get("count") and row.get("precision") is not None]
    shown = {"x": share("score", "mean score"), "y": share("precision", "share that is right")}
    line = {"mark": {"type": "line", "stroke": _MASK}, "encoding": shown}
    layers = [diagonal(0, 1), line, dots(shown | sized("count", 40, 500), "score", "precision", "count")]
    return chart("Share of detections that are right over their score", layers, values=rows)


def plot_counts(images: Sequence[Facts]) -> Spec:
    """Plot objects counted over objects there: a dot for all images with the same pair, the larger the more."""
    pairs = Counter((one["true"], one["predicted"]) for one in images)
    example = {(one["true"], one["predicted"]): str(one.get("file_name", "")) for one in images}
    rows = [
        {"there": there, "counted": counted, "images": many, "for example": example[there, counted]}
        for (there, counted), many in sorted(pairs.items())
    ]
    most = 1.05 * max([1, *(max(pair) for pair in pairs)])
    shown = {
        "x": axis("there", "objects there", domain=(0, most), tickMinStep=1),
        "y": axis("counted", "objects counted", domain=(0, most), tickMinStep=1),
    }
    layers = [diagonal(0, most), dots(shown | sized("images", 50, 400), "there", "counted", "images", "for example")]
    return chart("Objects counted over objects there, by image", layers, values=rows)


def plot_areas(objects: Sequence[Facts]) -> Spec:
    """Plot the area of found objects over their true area, in pixels; of many objects an even choice of 600."""
    step = max(1, math.ceil(len(objects) / MOST_OBJECTS))
    rows = [one for one in objects[::step] if one["true"] > 0 and one["predicted"] > 0]
    sizes = [one[key] for one in rows for key in ("true", "predicted")] or [1]
    ends = (0.9 * min(sizes), 1.1 * max(sizes))
    marks = [size for power in range(10) for size in (10**power, 3 * 10**power) if ends[0] <= size <= ends[1]]
    shown = {
        place: axis(key, f"{key} area, px²", domain=ends, kind="log", format="~s", values=marks)
        for place, key in (("x", "true"), ("y", "predicted"))
    }
    said = "Predicted area over true area of matched objects"
    return chart(said, [diagonal(*ends), dots(shown, "class", "true", "predicted")], values=rows)


def _with_mean(curves: Facts, names: Sequence[str]) -> list[tuple[str, Facts]]:
    """List the mean and then these classes with their curves, {} where there is none."""
    return [(_MEAN, curves["all"]), *((name, curves["classes"].get(name) or {}) for name in names)]
