"""Runs of an ablation compared: each value's scores and costs over seeds, and its difference to the first value.

Two kinds of chance are kept apart. That of the seed: Student's t over seeds, a difference being that of two runs with
one seed. That of the images: a bootstrap which draws the same images for all runs, differences averaged over seeds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.cli.ablation.runs import Run
from rehead.cli.ablation.spread import Interval, Spread, spread_of, t_interval
from rehead.evaluation.ceiling import Ceilings, ceilings
from rehead.evaluation.coco_map import evaluate_heads, summary_of
from rehead.evaluation.matches import matches_of
from rehead.evaluation.uncertainty import THRESHOLDS, draws_of, least_images, middle_of, resampled

SCORES = {
    "mask AP": ("mask", "AP"),
    "mask AP50": ("mask", "AP50"),
    "mask AP75": ("mask", "AP75"),
    "boundary AP": ("boundary", "AP"),
    "box AP": ("box", "AP"),
}
COSTS = ("seconds", "processor_seconds", "peak_memory_mib", "images_per_second")
_LIBRARIES = ("torch", "torchvision", "pycocotools", "rehead")


@dataclass(frozen=True)
class Difference:
    """A score less that of the first value, over the seeds that both have; None where it is undefined."""

    mean: float | None
    over_seeds: Interval | None
    over_images: Interval | None


@dataclass(frozen=True)
class Variant:
    """One value under comparison: scores and costs over its seeds; the first value has no differences."""

    value: str
    resolution: int | None
    parameters: int
    scores: dict[str, Spread]
    differences: dict[str, Difference]
    costs: dict[str, Spread]


@dataclass(frozen=True)
class Comparison:
    """What an ablation came to; `ceilings` belong to resolutions, `dataset` says what was scored."""

    experiment: str
    dataset: dict[str, Any]
    variants: tuple[Variant, ...]
    ceilings: Ceilings | None
    confidence: float
    resamples: int
    max_detections: int
    plans: dict[str, dict[str, Any]]
    """The model and train sections that all trainings had in common."""
    versions: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Write the comparison for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class _Scored:
    """One run's scores, and the same for each draw of images (D)."""

    numbers: dict[str, float | None]
    drawn: dict[str, NDArray[np.float64]]


def compare(
    runs: Sequence[Run],
    truth: dict[str, Any],
    *,
    experiment: str,
    dataset: Mapping[str, Any],
    resolution: Mapping[str, int] | None = None,
    input_size: int | None = None,
    max_detections: int = 100,
    plans: Mapping[str, dict[str, Any]] | None = None,
    resamples: int = 300,
    confidence: float = 0.95,
    on_run: Callable[[], None] = lambda: None,
) -> Comparison:
    """Score stored results against their truth, and compare the values in the order in which they first appear.

    `resolution` gives the side of each value's mask; ceilings are computed where it is given, for `input_size` if that
    is. Truth and results must have passed the strict readers. Raises ValueError without runs, or if a value has two
    runs of one seed.
    """
    if not runs:
        raise ValueError("compare: there is no run to compare")
    if len({(run.value, run.seed) for run in runs}) < len(runs):
        raise ValueError("compare: a value has two runs of one seed; give each pair of value and seed once")
    held = {one["image_id"] for one in truth["annotations"] if not one["iscrowd"]}
    enough = len(held) >= least_images(confidence)
    draws = draws_of(len(truth["images"]), resamples=resamples if enough else 0, seed=0)
    scored: dict[str, dict[int, _Scored]] = {}
    for run in runs:
        scored.setdefault(run.value, {})[run.seed] = _scored(run, truth, draws, max_detections)
        on_run()
    first = next(iter(scored.values()))
    sides = dict(resolution or {})
    return Comparison(
        experiment,
        dict(dataset),
        tuple(
            Variant(
                value,
                sides.get(value),
                next(run.parameters for run in runs if run.value == value),
                {
                    name: spread_of(
                        {seed: one.numbers[name] for seed, one in sorted(seeds.items())}, confidence=confidence
                    )
                    for name in SCORES
                },
                {name: _difference(seeds, first, name, confidence) for name in SCORES if seeds is not first},
                {name: _cost(runs, value, name, confidence) for name in COSTS},
            )
            for value, seeds in scored.items()
        ),
        ceilings(truth, sorted({sides[value] for value in scored}), input_size=input_size) if sides else None,
        confidence,
        resamples,
        max_detections,
        dict(plans or {}),
        {name: version(name) for name in _LIBRARIES},
    )


def _scored(run: Run, truth: dict[str, Any], draws: NDArray[np.int32], max_detections: int) -> _Scored:
    found = evaluate_heads(truth, run.results, max_detections=max_detections)
    summaries = {head: summary_of(one) for head, one in found.items()}
    drawn = {head: resampled(matches_of(one), draws) for head, one in found.items()}
    return _Scored(
        {name: summaries[head][metric] for name, (head, metric) in SCORES.items()},
        {name: drawn[head][:, THRESHOLDS[metric]].mean(axis=1) for name, (head, metric) in SCORES.items()},
    )


def _difference(seeds: Mapping[int, _Scored], first: Mapping[int, _Scored], name: str, confidence: float) -> Difference:
    """Compare runs of the same seed."""
    shared = sorted(seeds.keys() & first.keys())
    pairs = [(seeds[seed].numbers[name], first[seed].numbers[name]) for seed in shared]
    gains = [after - before for after, before in pairs if after is not None and before is not None]
    if not gains:
        return Difference(None, None, None)
    low_high = middle_of(
        np.mean([seeds[seed].drawn[name] - first[seed].drawn[name] for seed in shared], axis=0), confidence
    )
    return Difference(
        float(np.mean(gains)),
        t_interval(gains, confidence=confidence),
        (low_high[0], low_high[1]) if low_high else None,
    )


def _cost(runs: Sequence[Run], value: str, name: str, confidence: float) -> Spread:
    by_seed: dict[int, float | None] = {run.seed: float(getattr(run, name)) for run in runs if run.value == value}
    return spread_of(dict(sorted(by_seed.items())), confidence=confidence)
