"""An evaluation as DVC and MLflow show it: headline, flat metrics, a table of classes, a run's description."""

from collections.abc import Mapping
from typing import Any

from rehead.evaluation.coco_map import HEADS

CLASS_TABLE = "per_class.json"
TABLE_TAG = {"mlflow.loggedArtifacts": f'[{{"path": "evaluation/{CLASS_TABLE}", "type": "table"}}]'}
"""Tells MLflow's page that the artifact is a table to show and to compare between runs."""
_MOST_OF_A_TAG = 5000
"""Characters that every store of MLflow takes."""


def headline(scored: Mapping[str, Any]) -> dict[str, float | None]:
    """Pick the numbers that two revisions are compared by first, for `dvc metrics`."""
    numbers = (("box", "AP"), ("box", "AP50"), ("mask", "AP"), ("mask", "AP50"), ("boundary", "AP"))
    return {f"{head}_{name}": scored[head][name] for head, name in numbers}


def flat_metrics(scored: Mapping[str, Any], *, prefix: str = "") -> dict[str, float]:
    """Name each defined number of a head of reports/evaluation.json: `box_AP`, `mask_AP50` and so on."""
    heads = {f"{prefix}{head}_{name}": value for head in HEADS for name, value in scored[head].items()}
    return {name: float(value) for name, value in heads.items() if value is not None}


def class_metrics(scored: Mapping[str, Any]) -> dict[str, float]:
    """Name each class's mask AP: `mask_AP/<class>`, for whoever wants to hold a class to a number.

    A run of the pipeline does without: MLflow draws a chart and a column for each metric, and shows the table.
    """
    rows = scored["per_class"].items()
    return {f"mask_AP/{name}": float(row["mask_AP"]) for name, row in rows if row["mask_AP"] is not None}


def class_table(scored: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Lay the classes out as MLflow keeps tables, to be read: columns, and a row for each class, to four digits."""
    rows = scored["per_class"]
    columns = list(dict.fromkeys(key for row in rows.values() for key in row))
    return {
        "columns": ["class", *columns],
        "data": [[name, *(_rounded(row.get(column)) for column in columns)] for name, row in rows.items()],
    }


def run_description(summary: str) -> dict[str, str]:
    """Let the Markdown summary be what a run's page says of it, without the lineage, which stands in the run's tags."""
    lines, kept = summary.partition("\n### Lineage")[0].splitlines(keepends=True), ""
    for line in lines:
        if len(kept) + len(line) > _MOST_OF_A_TAG:
            break
        kept += line
    return {"mlflow.note.content": kept}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
