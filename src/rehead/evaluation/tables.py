"""An evaluation's numbers as MLflow shows them: flat metrics, and a table with a row for each class."""

from collections.abc import Mapping
from typing import Any

from rehead.evaluation.coco_map import HEADS

CLASS_TABLE = "per_class.json"
TABLE_TAG = {"mlflow.loggedArtifacts": f'[{{"path": "evaluation/{CLASS_TABLE}", "type": "table"}}]'}
"""Tells MLflow's page that the artifact is a table to show and to compare between runs."""


def flat_metrics(scored: Mapping[str, Any], *, prefix: str = "") -> dict[str, float]:
    """Name each defined number of reports/evaluation.json: `box_AP`, `mask_AP50`, `mask_AP/<class>` and so on."""
    heads = {f"{prefix}{head}_{name}": value for head in HEADS for name, value in scored[head].items()}
    classes = {f"{prefix}mask_AP/{name}": row["mask_AP"] for name, row in scored["per_class"].items()}
    return {name: float(value) for name, value in (heads | classes).items() if value is not None}


def class_table(scored: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Lay the classes out as MLflow keeps tables: columns, and a row for each class."""
    rows = scored["per_class"]
    columns = list(dict.fromkeys(key for row in rows.values() for key in row))
    return {
        "columns": ["class", *columns],
        "data": [[name, *(row.get(column) for column in columns)] for name, row in rows.items()],
    }
