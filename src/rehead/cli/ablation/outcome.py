"""What an ablation can win, said before it begins, and what it came to."""

from collections.abc import Sequence
from pathlib import Path

from rehead.cli.ablation.comparison import Comparison, compare
from rehead.cli.ablation.page import write_comparison
from rehead.cli.ablation.plan import Ablation
from rehead.cli.ablation.prospect import promise
from rehead.cli.ablation.runs import Run
from rehead.cli.ablation.spread import Spread
from rehead.cli.ablation.sweep import Sweep, child_process, sweep
from rehead.cli.ablation.words import caveats, explain
from rehead.evaluation.ceiling import ceilings
from rehead.evaluation.coco_map import coco_map
from rehead.progress import progress

_COLUMNS = ("mask AP", "AP50", "AP75", "boundary", "box AP", "s", "cpu s", "MiB", "images/s")
"""Shorter names for the scores and costs of a comparison, in their order."""


def foresee(ablation: Ablation) -> str | None:
    """Say what the finest mask can win over the coarsest, before any training; None where sides are not compared."""
    sides = sorted(set(ablation.resolution.values()))
    if len(sides) < 2:
        return None
    found = ceilings(ablation.truth, sides, input_size=ablation.input_size)
    return promise(found, coarse=sides[0], fine=sides[-1])


def do_trainings(ablation: Ablation) -> Sweep:
    """Train what is missing, and tell each run's mask AP as it ends."""

    def summary(run: Run) -> str:
        limit = ablation.model.max_detections
        score = coco_map(ablation.truth, run.results, max_detections=limit, heads=["mask"]).mask["AP"]
        return f"mask AP {_number(score)}, {run.seconds:.0f} s"

    start = child_process(ablation.folder, weights=ablation.weights)
    return sweep(ablation.trainings, start, units=ablation.units, summary=summary)


def compare_runs(ablation: Ablation, runs: Sequence[Run], out: Path) -> str:
    """Compare what was trained, write the comparison to `out`, and return it as text."""
    with progress("runs compared", len(runs)) as bar:
        found = compare(
            runs,
            ablation.truth,
            experiment=ablation.experiment.name,
            dataset=ablation.dataset,
            resolution=ablation.resolution,
            input_size=ablation.input_size,
            max_detections=ablation.model.max_detections,
            plans=ablation.common_plans,
            on_run=bar.advance,
        )
    page = write_comparison(out, found)
    words = [sentence for one in explain(found) for sentence in (*one.because, one.advice)]
    notes = [f"note: {line}" for line in caveats(found)]
    return "\n".join([_table(found), *words, *notes, f"{len(runs)} runs compared: {page}"])


def _table(found: Comparison) -> str:
    """Lay out each value's means, and beneath them the seeds; then what was scored."""
    lines = ["".join([f"{'':16}", *(f"{name:>9}" for name in _COLUMNS)])]
    for variant in found.variants:
        lines.append(_row(variant.value, [*variant.scores.values()], [*variant.costs.values()], seed=None))
        seeds = variant.costs["seconds"].by_seed
        lines += [_row(f"  seed {n}", [*variant.scores.values()], [*variant.costs.values()], seed=n) for n in seeds]
    about = found.dataset
    lines.append(f"on {about['images']} images of {about['file']}, {(about['fingerprint'] or about['sha256'])[:12]}")
    return "\n".join(lines)


def _row(name: str, scores: Sequence[Spread], costs: Sequence[Spread], *, seed: int | None) -> str:
    cells = [_number(_of(one, seed)) for one in scores] + [f"{_of(one, seed) or 0.0:.1f}" for one in costs]
    return "".join([f"{name:16}", *(f"{cell:>9}" for cell in cells)])


def _of(spread: Spread, seed: int | None) -> float | None:
    return spread.mean if seed is None else spread.by_seed[seed]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
