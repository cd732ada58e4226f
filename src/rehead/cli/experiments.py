"""Verbs that compare: ablate trains with several values, compare sets two models side by side."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

_MEANINGFUL_SEEDS = 3
_ROOT, _LOCK = Path("data/ablation"), Path("data/locks/ablate.lock")


def ablate(
    experiment: Annotated[str, typer.Argument(help="mask-resolution or pooler.")],
    values: Annotated[
        list[str] | None, typer.Argument(help="What to compare, such as `28 56 112`; default: 28 56, or both poolers.")
    ] = None,
    *,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Trainings of each value.")] = _MEANINGFUL_SEEDS,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, help="Epochs; default: train.epochs.")] = None,
    dataset: Annotated[Path, typer.Option("--dataset", help="What `dvc repro ingest` wrote.")] = Path("data/dataset"),
    out: Annotated[Path | None, typer.Option("--out", help="Report; default: reports/ablation/EXPERIMENT.")] = None,
) -> None:
    """Train with each value under the same seeds and schedule, and compare on the validation split.

    The model and train sections of params.yaml hold, with what tuning found. Finished runs stay in data/ablation and
    are not done again, so a second call goes on after an interruption. The test split is not opened.
    Exit code 0: all runs are compared, 1: some failed (the others are compared).
    """
    from rehead.cli.ablation.plan import plan_ablation  # pydantic and ruamel.yaml: 0.7 s, see cli/app.py
    from rehead.files import held_lock

    if seeds < _MEANINGFUL_SEEDS:
        print(
            f"note: {seeds} seed(s) cannot tell a gain from chance: take {_MEANINGFUL_SEEDS} or more", file=sys.stderr
        )
    ablation = plan_ablation(experiment, values or (), seeds=seeds, epochs=epochs, dataset=dataset, root=_ROOT)

    from rehead.cli.ablation import outcome  # torch, torchvision: 8 to 14 s

    with held_lock(_LOCK, what="an ablation"):
        if (prospect := outcome.foresee(ablation)) is not None:
            print(prospect, flush=True)
        try:
            done = outcome.do_trainings(ablation)
        except KeyboardInterrupt:
            print(f"finished runs are kept in {_ROOT}: the same command goes on with the others", file=sys.stderr)
            raise
    if not done.runs:
        raise RuntimeError(f"ablate {experiment}: every run failed; the last: {done.faults[-1]}")
    print(outcome.compare_runs(ablation, done.runs, out or Path("reports/ablation") / experiment))
    raise typer.Exit(1 if done.faults else 0)


def compare(
    first: Annotated[
        str, typer.Argument(help="A: reports folder, results file, models:/NAME@ALIAS, runs:/ID, revision.")
    ],
    second: Annotated[str, typer.Argument(help="B, the same kinds; the verdict is on this one.")] = "reports",
    *,
    truth: Annotated[Path, typer.Option("--truth", help="COCO annotations.")] = Path("data/dataset/test.json"),
    resamples: Annotated[int, typer.Option("--resamples", min=100, help="Resamples of the images.")] = 2000,
    confidence: Annotated[float, typer.Option("--confidence", min=0.5, max=0.999, help="Of the intervals.")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Say whether model B is better than model A on one test split, worse, or whether there is not enough data.

    A paired bootstrap over the images, for box, mask and boundary AP and for each class. Predictions are read, nothing
    is predicted anew. Refuses scores of different data. Exit code 0: compared, 1: refused.
    """
    from rehead.cli.compared import compare_sides, lines_of  # pycocotools: 0.4 s

    told = compare_sides(first, second, truth, resamples=resamples, confidence=confidence)
    print(json.dumps(told, indent=2, ensure_ascii=False) if as_json else "\n".join(lines_of(told)))
