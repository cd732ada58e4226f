"""Runs of an ablation without a training: truth that was shifted and dropped at will stands for what was found."""

from functools import cache
from typing import Any

import numpy as np

from rehead.cli.ablation.comparison import Comparison, compare
from rehead.cli.ablation.runs import Run
from rehead.coco.rle import bounding_box, decode, encode
from tests.evaluation.scenes import Thing, disc, truth_of

DATASET = {"split": "val", "fingerprint": "f" * 64, "images": 12, "annotations": 24}


def drawn_truth(*, images: int = 12) -> dict[str, Any]:
    """Draw two discs into each image of 120 px, at other places in each."""
    rng = np.random.default_rng(0)
    truth: dict[str, Any] = {}
    for image in range(1, images + 1):
        x, y = rng.uniform(35, 50, 2)
        one = truth_of([Thing(disc((120, 120), x, y, 30)), Thing(disc((120, 120), x + 40, y + 40, 15))])
        for annotation in one["annotations"]:
            annotation |= {"image_id": image, "id": 10 * image + annotation["id"]}
        one["images"][0]["id"] = image
        truth = truth or {"images": [], "annotations": [], "categories": one["categories"][:1]}
        truth["images"] += one["images"]
        truth["annotations"] += one["annotations"]
    return truth


def run_of(truth: dict[str, Any], value: str, seed: int, *, shift: float, **costs: Any) -> Run:
    """Find each object, moved by a random step of so many pixels."""
    rng = np.random.default_rng(seed)
    results = []
    for one in truth["annotations"]:
        step = np.rint(rng.normal(0, shift, 2)).astype(int)
        mask = encode(np.roll(decode(one["segmentation"]), tuple(step), (0, 1)))
        own = {"image_id": one["image_id"], "category_id": one["category_id"], "score": float(rng.random())}
        results.append({**own, "bbox": list(bounding_box(mask)), "segmentation": mask})
    known = {"seconds": 60.0, "processor_seconds": 50.0, "peak_memory_mib": 900.0, "images_per_second": 7.0}
    return Run(value, seed, results, **({**known, "parameters": 1000} | costs))


@cache
def comparison_of(
    *shifts: float, seeds: int = 3, values: tuple[str, ...] = ("28", "56"), sides: bool = True
) -> Comparison:
    """Compare values whose masks are off by so many pixels each."""
    truth = drawn_truth()
    runs = [
        run_of(truth, value, seed + 10 * place, shift=shift, processor_seconds=50.0 * (1 + place))
        for seed in range(seeds)
        for place, (value, shift) in enumerate(zip(values, shifts, strict=True))
    ]
    runs = [Run(**{**vars(run), "seed": run.seed % 10}) for run in runs]
    resolution = {value: int(value) for value in values} if sides else None
    name = "mask-resolution" if sides else "pooler"
    return compare(runs, truth, experiment=name, dataset=DATASET, resolution=resolution, resamples=40)
