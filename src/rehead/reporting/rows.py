"""JSON reports into the rows of the report's tables. Whatever a report leaves out is left out here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehead.reporting import palette
from rehead.reporting.wording import METRICS, percent, plain, undefined_because

Facts = Mapping[str, Any]

HEADS = ("box", "mask", "boundary")
"""What is scored, as it stands in reports/evaluation.json; older ones lack the last."""
ACTIONS = {
    "reject": "to be mended first",
    "drop": "left out of the copy",
    "repair": "put right in the copy",
    "warn": "noted and kept",
}
"""What is done about a fault, in words, the severest first."""
_LISTED = 20
_EXAMPLES = 5


@dataclass(frozen=True)
class MetricRow:
    """One of COCO's twelve numbers by head, None where undefined, with the reason then."""

    name: str
    heads: Mapping[str, float | None]
    meaning: str
    because: str


@dataclass(frozen=True)
class ClassRow:
    """One class: its colour on the pictures as CSS, its objects in the split and its precision."""

    name: str
    colour: str
    annotations: int | None
    box: float | None
    mask: float | None
    boundary: float | None
    box50: float | None
    mask50: float | None


@dataclass(frozen=True)
class FaultRow:
    """Faults of one code: what was done, how many, the cure, the first of them, and the first few in words."""

    code: str
    action: str
    count: int
    fix: str
    faults: tuple[Facts, ...]

    @property
    def examples(self) -> tuple[str, ...]:
        """Some faults as one text each."""
        return tuple(map(_fault_in_words, self.faults[:_EXAMPLES]))


def metric_rows(evaluation: Facts) -> list[MetricRow]:
    """List the twelve numbers of each head; a reason in `evaluation["undefined"]` goes before our own."""
    split = evaluation.get("dataset", {}).get("split", "test")
    reasons = evaluation.get("undefined") or {}
    rows = []
    for name, meaning in METRICS.items():
        heads = {head: evaluation[head].get(name) for head in HEADS if evaluation.get(head)}
        reason = _first(reasons, name, f"mask.{name}", f"box.{name}") or undefined_because(name, split)
        rows.append(MetricRow(name, heads, meaning, reason if None in heads.values() else ""))
    return rows


def class_rows(evaluation: Facts) -> list[ClassRow]:
    """List classes in label order, which decides their colours."""
    single = len(evaluation.get("per_class", {})) == 1
    return [
        ClassRow(
            name=name,
            colour="transparent" if single else palette.as_hex(palette.colour(index)),
            annotations=scores.get("annotations"),
            box=scores.get("box_AP"),
            mask=scores.get("mask_AP"),
            boundary=scores.get("boundary_AP"),
            box50=scores.get("box_AP50"),
            mask50=scores.get("mask_AP50"),
        )
        for index, (name, scores) in enumerate(evaluation.get("per_class", {}).items())
    ]


def weakest_first(rows: list[ClassRow]) -> list[ClassRow]:
    """Sort classes by mask AP, those without a value last."""
    return sorted(rows, key=lambda row: (row.mask is None, row.mask or 0.0))


def split_rows(ingest: Facts) -> list[tuple[str, str, str, str]]:
    """List splits as (name, images, objects, fingerprint); a split given as a bare number is its images."""
    splits = ingest.get("splits") or {}
    if not isinstance(splits, Mapping):
        return []
    rows = []
    for name, facts in splits.items():
        facts = facts if isinstance(facts, Mapping) else {"images": facts}
        images, objects = plain(facts.get("images")), plain(facts.get("annotations"))
        rows.append((str(name), images, objects, plain(facts.get("fingerprint"))))
    return rows


def fault_rows(ingest: Facts) -> list[FaultRow]:
    """Group faults by code, the severest action and the most frequent code first.

    `fault_counts` also counts those that were not listed one by one.
    """
    groups: dict[str, list[Facts]] = {}
    for fault in ingest.get("faults") or []:
        groups.setdefault(str(fault.get("code")), []).append(fault)
    counts = ingest.get("fault_counts") or {}
    rows = [
        FaultRow(
            code,
            str(same[0].get("action")),
            max(len(same), int(counts.get(code, 0))),
            str(same[0].get("fix") or ""),
            tuple(same[:_LISTED]),
        )
        for code, same in groups.items()
    ]
    return sorted(rows, key=lambda row: (list(ACTIONS).index(row.action) if row.action in ACTIONS else 0, -row.count))


def seen_in_words(ingest: Facts, params: Facts) -> str:
    """Say how many objects the network sees well at `model.input_size`; nothing where ingest did not measure that."""
    rows = (ingest.get("statistics") or {}).get("all", {}).get("input_sizes", [])
    size = (params.get("model") or {}).get("input_size")
    row = next((row for row in rows if row["input_size"] == size), None)
    if row is None:
        return ""
    return f"At an input size of {size}, {percent(row['at_least']['16'])} of the objects are seen at 16 px or more."


def flat_rows(facts: Facts, *, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Flatten nested facts into (dotted name, value in words) rows."""
    rows: list[tuple[str, str]] = []
    for key, value in facts.items():
        if key in without:
            continue
        if isinstance(value, Mapping) and value:
            rows += [(f"{key}.{inner}", text) for inner, text in flat_rows(value)]
        else:
            rows.append((str(key), plain(value)))
    return rows


def _fault_in_words(fault: Facts) -> str:
    place = " ".join(str(fault[key]) for key in ("file", "where") if fault.get(key))
    fix = f" ({fault['fix']})" if fault.get("fix") else ""
    return f"{place}: {fault.get('message', '')}{fix}" if place else f"{fault.get('message', '')}{fix}"


def _first(reasons: Facts, *keys: str) -> str:
    return next((str(reasons[key]) for key in keys if reasons.get(key)), "")
