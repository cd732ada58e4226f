"""Panoptic labels in COCO's format: each image one PNG of segments, each segment's class, area and crowd flag in JSON.

`rehead` trains on nothing of this; the file is read to tell what it is for. The PNGs are not opened.
"""

import mmap
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from rehead.cli.routing.evidence import Evidence
from rehead.coco.faults import FaultLog, printable
from rehead.coco.json_file import load_json

_MARK = b'"segments_info"'


def panoptic_file(path: Path) -> Path | None:
    """Find panoptic labels: the file itself, or a `panoptic_*.json` of a folder or its `annotations`."""
    if path.is_dir():
        found = sorted([*path.glob("panoptic_*.json"), *path.glob("annotations/panoptic_*.json")])
        return next((file for file in found if is_panoptic(file)), None)
    return path if is_panoptic(path) else None


def is_panoptic(path: Path) -> bool:
    """Tell by the key that no other format has; nothing is parsed."""
    if not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return path.suffix.lower() == ".json" and content.find(_MARK) >= 0


def panoptic_evidence(path: Path) -> Evidence:
    """Count things and stuff; raises ValueError that names the file where it is broken."""
    log = FaultLog()
    document = load_json(path, log.of(path))
    if document is None:
        raise ValueError(f"{path}: {'; '.join(fault.message for fault in log.faults)}")
    try:
        return _counted(document.value)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f"{path} has segments_info, but not as COCO's panoptic format has it ({type(error).__name__}: {error}): "
            "categories with id, name and isthing; images with id, width and height; annotations with image_id"
        ) from None


def _counted(value: Any) -> Evidence:
    table = {entry["id"]: (printable(str(entry["name"])), bool(entry["isthing"])) for entry in value["categories"]}
    pixels = {entry["id"]: int(entry["width"]) * int(entry["height"]) for entry in value["images"]}
    most, crowds, pairs, covered = 0, 0, Counter[tuple[Any, Any]](), []
    for entry in value["annotations"]:
        segments, image = entry["segments_info"], entry["image_id"]
        things = [s["category_id"] for s in segments if table[s["category_id"]][1] and not s.get("iscrowd")]
        crowds += sum(bool(s.get("iscrowd")) for s in segments)
        pairs.update((image, category) for category in things)
        most = max(most, len(things))
        covered.append(sum(float(s["area"]) for s in segments) / pixels[image])
    return Evidence(
        images=len(pixels),
        objects=pairs.total(),
        classes=tuple(name for name, _ in table.values()),
        stuff=tuple(name for name, thing in table.values() if not thing),
        crowds=crowds,
        most=most,
        single=max(pairs.values(), default=1) == 1,
        covered=float(np.median(covered)) if covered else 0.0,
        panoptic=True,
    )
