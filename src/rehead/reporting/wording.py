"""Numbers and metric names in words that a newcomer understands."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape

from rehead.coco.faults import printable

THIN_SPACE = "\u202f"
"""Between thousands, and before a percent sign."""

METRICS = {
    "AP": "Average precision of all classes, averaged over IoU (overlap) thresholds 0.50 to 0.95. The headline.",
    "AP50": "The same at IoU 0.50 alone: is the object found at all?",
    "AP75": "The same at IoU 0.75 alone: is it also outlined closely?",
    "APs": "AP of small objects, below 32² pixels of area.",
    "APm": "AP of medium objects, 32² to 96² pixels.",
    "APl": "AP of large objects, above 96² pixels.",
    "AR1": "Average recall: the share of objects found with one detection a class and image.",
    "AR10": "The same with ten detections a class and image.",
    "AR100": "The same with all detections that count: the ceiling that better scores could reach.",
    "ARs": "Recall of small objects.",
    "ARm": "Recall of medium objects.",
    "ARl": "Recall of large objects.",
}
"""The twelve numbers of COCO's summary, in its order."""

_SIZES = {"s": "below 32² pixels", "m": "of 32² to 96² pixels", "l": "above 96² pixels"}


def undefined_because(metric: str, split: str) -> str:
    """Say why a metric has no value: there is no object that it could be measured on."""
    size = _SIZES.get(metric[-1:])
    return f"the {split} split holds no object {size}" if size else f"the {split} split holds no object"


def number(value: Any, *, digits: int = 3, because: str = "") -> Markup:
    """Write one value for HTML: `digits` decimals, a dash with its reason for None."""
    if value is None:
        return Markup('<abbr class="undefined" title="{0}" aria-label="undefined: {0}">–</abbr>').format(
            because or "undefined"
        )
    return escape(f"{value:.{digits}f}")


def thresholds_in_words(thresholds: Mapping[str, Any]) -> str:
    """Say where the scores come from, of evaluation.json's `thresholds`, from which a class's detections are shown."""
    rule = thresholds.get("rule")
    if isinstance(rule, float):
        return f"Detections are shown from a score of {rule:g} on, as evaluate.threshold says"
    asked = " and ".join(f"a {name} of {share:g}" for name, share in rule.items()) if rule and rule != "f1" else ""
    return f"Thresholds were chosen on the {thresholds.get('on', 'val')} split for {asked or 'the highest F1'}"


def plain(value: Any) -> str:
    """Write any JSON value on one line: thousands apart, floats to four digits, lists with commas."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace(",", THIN_SPACE)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(plain(one) for one in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {plain(one)}" for key, one in value.items()) or "none"
    return str(value)


def percent(share: float | None) -> str:
    """Write a share of 1 in percent; what is not quite none or all is not written as that."""
    if share is None:
        return "–"
    if 0 < share < 0.01:
        return f"< 1{THIN_SPACE}%"
    return f"> 99{THIN_SPACE}%" if 0.99 < share < 1 else f"{100 * share:.0f}{THIN_SPACE}%"


def decimal(value: float | None) -> str:
    """Write a small number for running text, to two digits and without an exponent."""
    return "–" if value is None else f"{Decimal(f'{value:.2g}'):f}"


def shortened(text: str, *, longest: int) -> str:
    """Escape what cannot be seen in a text, and cut its middle out beyond `longest`: both ends of a path tell most."""
    kept = printable(text)
    if len(kept) <= longest:
        return kept
    return f"{kept[: longest // 2]}…{kept[len(kept) - (longest - longest // 2 - 1) :]}"


def short_hash(value: str | None) -> str:
    """Keep the first twelve digits of a fingerprint."""
    return value[:12] if value else "–"


def cell(value: Any) -> str:
    """Write a value for a Markdown table: no pipe, line break or HTML of its own."""
    text = " ".join(plain(value).split())
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def inline(value: Any) -> str:
    """Write a name for Markdown's running text or a table, as itself: nothing in it is a link, emphasis or code."""
    return re.sub(r"([\\`*_~\[\]])(?!\|)", r"\\\1", printable(cell(value)))


def score_cell(value: float | None) -> str:
    """Write a score for Markdown: three decimals, or a dash."""
    return "–" if value is None else f"{value:.3f}"
