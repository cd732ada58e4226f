"""One way of evaluating in a process of its own: takes a task's name and its arguments as JSON, prints what came of it.

Memory is the peak at the end above what the process held after its imports; inputs that are read count in it.
"""

import contextlib
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from pycocotools import mask as native
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torchvision.models.detection.roi_heads import paste_masks_in_image

from rehead.coco.results import read_results
from rehead.coco.rle import Rle, decode
from rehead.evaluation.coco_map import METRICS, coco_map, evaluate_heads
from rehead.evaluation.detections import Detections, coco_results
from rehead.evaluation.pasting import paste_masks
from rehead.evaluation.uncertainty import draws_of, intervals
from rehead.files import read_json
from tests.bench.memory import peak, resident
from tests.evaluation.torchvisions import paste_as_torchvision

Figures = dict[str, Any]
T = TypeVar("T")
RULES = {"ours": paste_masks, "torchvision": paste_as_torchvision}
KINDS = {"box": "bbox", "mask": "segm"}
RESAMPLES = 1000


def score_outputs(data: str, raw: str, rule: str) -> Figures:
    """Paste and score what the peer's script drew, image by image as a detector gives it.

    Seconds leave out reading, and the check before results are believed, which the peer lacks: `check_s`.
    """
    truth, results = _quietly(_truth, data, "val").dataset, []
    started = _now()
    for one in _outputs(raw):
        masks = RULES[rule](one["masks"][:, 0], one["boxes"], height=one["height"], width=one["width"])
        found = Detections(one["boxes"].numpy(), np.array(one["labels"]), one["scores"].numpy(), masks)
        results += coco_results(found, image_id=one["image_id"])
    pasted = _since(started)
    scores = coco_map(truth, results, heads=("box", "mask"))
    spent = {**_since(started), "paste_encode_s": pasted["seconds"]}
    started = _now()
    read_results(results, truth, max_detections=300)
    return {**spent, "check_s": _since(started)["seconds"], "box": scores.box, "mask": scores.mask}


def count_differences(raw: str, rule: str) -> Figures:
    """Count masks and pixels that differ from torchvision's own."""
    masks = pixels = different_masks = different_pixels = 0
    for one in _outputs(raw):
        ours = RULES[rule](one["masks"][:, 0], one["boxes"], height=one["height"], width=one["width"])
        for mask, theirs in zip(ours, _pasted(one), strict=True):
            found = decode(mask) != theirs
            masks, pixels = masks + 1, pixels + int(theirs.sum())
            different_masks, different_pixels = different_masks + bool(found.any()), different_pixels + int(found.sum())
    return {
        "masks": masks,
        "pixels": pixels,
        "different_masks": different_masks,
        "different_pixels": different_pixels,
    }


def paste_photograph(raw: str, by: str) -> Figures:
    """Turn one image's outputs into run lengths."""
    (one,) = _outputs(raw)
    started = _now()
    if by == "torchvision":
        masks = [_encoded(mask_hw) for mask_hw in _pasted(one)]
    else:
        masks = paste_masks(one["masks"][:, 0], one["boxes"], height=one["height"], width=one["width"])
    return {**_since(started), "masks": len(masks)}


def score_results(folder: str, by: str) -> Figures:
    """Score the boxes of one results file and the masks of another; pycocotools has its index of the truth already."""
    truth = _quietly(_truth, folder, "instances_val2014_100")
    results = {head: _listed(folder, kind) for head, kind in KINDS.items()}
    started = _now()
    numbers = {head: _quietly(SCORERS[by], truth, head, found) for head, found in results.items()}
    return {**_since(started), "images": len(truth.imgs), **numbers}


def resample(folder: str) -> Figures:
    """Give every number of boxes and masks its interval; matching counts, the overlaps that scoring measures do not."""
    truth = _quietly(_truth, folder, "instances_val2014_100").dataset
    evaluations = {
        head: evaluate_heads(truth, _listed(folder, kind), max_detections=100, heads=[head])[head]
        for head, kind in KINDS.items()
    }
    for evaluation in evaluations.values():
        evaluation.candidates()
    started = _now()
    draws = draws_of(len(truth["images"]), resamples=RESAMPLES, seed=0)
    found = intervals(evaluations, draws, confidence=0.95)
    return {**_since(started), "images": draws.shape[1], "resamples": len(draws), **found}


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(started: tuple[float, float]) -> dict[str, float]:
    """Give the seconds on the wall, and those of all processors, which a busy machine distorts less."""
    seconds, processor_s = (after - before for after, before in zip(_now(), started, strict=True))
    return {"seconds": seconds, "processor_s": processor_s}


def _truth(folder: str, name: str) -> COCO:
    """Read a truth as it is, but for masks: run lengths, as our strict readers give them and pycocotools makes them."""
    truth = COCO()
    truth.dataset = read_json(Path(folder) / f"{name}.json")
    truth.createIndex()
    for annotation in truth.dataset["annotations"]:
        rle = truth.annToRLE(annotation)
        counts = rle["counts"]
        annotation["segmentation"] = {**rle, "counts": counts if isinstance(counts, str) else counts.decode()}
    return truth


def _outputs(raw: str) -> Iterator[dict[str, Any]]:
    """Give each image's outputs and keep them no longer, as a detector does."""
    outputs = torch.load(raw)[::-1]
    while outputs:
        yield outputs.pop()


def _pasted(one: dict[str, Any]) -> Iterator[np.ndarray]:
    """Paste as torchvision's models do."""
    values = paste_masks_in_image(one["masks"], one["boxes"], (one["height"], one["width"]))
    return ((mask_hw > 0.5).numpy() for mask_hw in values[:, 0])


def _encoded(mask_hw: np.ndarray) -> Rle:
    found: Rle = native.encode(np.asfortranarray(mask_hw.astype(np.uint8)))
    return found


def _listed(folder: str, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_json(Path(folder) / f"instances_val2014_fake{kind}100_results.json")
    return found


def _ours(truth: COCO, head: str, results: list[dict[str, Any]]) -> list[float]:
    """Give COCO's twelve numbers, -1 where one is undefined."""
    found = getattr(coco_map(truth.dataset, results, heads=[head]), head)
    return [-1.0 if found[metric] is None else found[metric] for metric in METRICS]


def _pycocotools(truth: COCO, head: str, results: list[dict[str, Any]]) -> list[float]:
    evaluation = COCOeval(truth, truth.loadRes(results), KINDS[head])
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return [float(number) for number in evaluation.stats]


def _quietly(act: Callable[..., T], *arguments: object) -> T:
    """Keep what pycocotools prints out of what this process prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        return act(*arguments)


SCORERS = {"ours": _ours, "pycocotools": _pycocotools}
TASKS = {task.__name__: task for task in (score_outputs, count_differences, paste_photograph, score_results, resample)}

if __name__ == "__main__":
    held = resident()
    figures = TASKS[sys.argv[1]](**json.loads(sys.argv[2]))
    print(json.dumps({**figures, "grown_mib": (peak() - held) / 2**20}))
