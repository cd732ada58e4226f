"""Scoring of COCO files: truth and results pass the strict readers before an evaluator sees them."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rehead.cli.truth import described, sound
from rehead.coco.faults import FaultLog
from rehead.coco.reading import read_dataset
from rehead.coco.records import Dataset
from rehead.coco.results import check_results
from rehead.coco.truth import document_of
from rehead.evaluation.coco_map import (
    Metrics,
    Scores,
    evaluate_heads,
    evaluator,
    full_table,
    measurable_heads,
    scores_of,
)
from rehead.evaluation.undefined import class_reasons, reasons

_LARGEST = 1e15
_COCO_LIMIT = 100
_NAMESAKES = "file-name-twice"


@dataclass(frozen=True)
class ScoredFiles:
    """The scores of a results file, how many of an image's best results counted, and what its reader remarked.

    `classes` holds all twelve numbers of each class and head, `undefined` the reason of each number that is None.
    `dataset` says what was scored: the file, its hash, and the fingerprint if it is a split that `ingest` wrote.
    """

    scores: Scores
    classes: dict[str, dict[str, Metrics]]
    undefined: dict[str, str]
    max_detections: int
    remarks: tuple[str, ...]
    dataset: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Give the scores as JSON."""
        return self.scores.as_dict() | {
            "classes": self.classes,
            "undefined": self.undefined,
            "max_detections": self.max_detections,
            "dataset": self.dataset,
            "evaluator": evaluator("fast"),
        }


def score_files(truth: Path, results: Path, *, max_detections: int | None = None) -> ScoredFiles:
    """Read both files and score them; raises ValueError, with the faults printed or in it, if one is rejected.

    Without `max_detections` COCO's 100 of an image count, or as many as the fullest image has objects: below that,
    no detector could find all of them.
    """
    for path in (truth, results):
        if not path.is_file():
            raise ValueError(f"{path} {'is a folder' if path.is_dir() else 'is not found'}: give a COCO JSON file")
    document, lost = truth_document(truth)
    objects = Counter(one["image_id"] for one in document["annotations"] if not one["iscrowd"])
    fullest = max(objects.values(), default=0)
    limit = max_detections or max(_COCO_LIMIT, fullest)
    other = [f"maxDets={limit}, not COCO's {_COCO_LIMIT}; the fullest image has {fullest} objects"]
    found = check_results(results, document, max_detections=limit)
    heads = measurable_heads(found.results)
    evaluations = evaluate_heads(document, found.results, max_detections=limit, heads=heads)
    scores, classes = scores_of(document, evaluations), full_table(evaluations)
    remarks = [*lost, *(other if limit != _COCO_LIMIT else []), *(fault.message for fault in found.warnings)]
    return ScoredFiles(
        scores,
        classes,
        reasons(document, scores) | class_reasons(document, classes, key="classes"),
        limit,
        tuple(remarks),
        described(truth, document),
    )


def truth_document(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Read annotations strictly, without their images; boxes and areas stay as the file gives them.

    Published numbers are computed from the file as it stands, so no repair of a box may move them. What the reader
    leaves out is told, since an evaluator that reads less strictly gives other numbers.
    """
    data, log = _read(path)
    raw = json.loads(path.read_text(encoding="utf-8-sig"))
    if _NAMESAKES in log.totals():
        with TemporaryDirectory() as folder:
            data, log = _read(_with_own_names(raw, Path(folder) / path.name))
    given = {entry["id"]: entry for entry in raw["annotations"] if type(entry.get("id")) is int}
    document = document_of(data)
    for item, annotation in zip(data.annotations, document["annotations"], strict=True):
        entry = given.get(item.id, {})
        annotation["bbox"] = _given_box(entry) or annotation["bbox"]
        annotation["area"] = _given_area(entry) or annotation["area"]
    lost = [f"{count} {code}" for code, count in log.totals().items() if log.actions[code] == "drop"]
    return document, [f"{path}: left out as unsound, see `rehead check`: {', '.join(lost)}"] if lost else []


def _read(path: Path) -> tuple[Dataset, FaultLog]:
    log = FaultLog({})
    return sound(read_dataset(path, None, log), log, path), log


def _with_own_names(document: dict[str, Any], copy: Path) -> Path:
    """Write a copy in which each image has a name of its own.

    Images of one name are one file for training; results tell them by their ids, and so does every evaluator.
    """
    images = [{**image, "file_name": f"{image['id']}/{image['file_name']}"} for image in document["images"]]
    copy.write_text(json.dumps({**document, "images": images}), encoding="utf-8")
    return copy


def _given_box(entry: dict[str, Any]) -> list[float] | None:
    """Take an annotation's own box if it is one."""
    box: Any = entry.get("bbox")
    sound = type(box) is list and len(box) == 4 and all(map(_is_finite, box)) and box[2] > 0 and box[3] > 0
    return [float(side) for side in box] if sound else None


def _given_area(entry: dict[str, Any]) -> float | None:
    """Take an annotation's own area if it is one."""
    area: Any = entry.get("area")
    return float(area) if _is_finite(area) and area > 0 else None


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < _LARGEST
