"""The verb that compares trainings: ablate."""

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
    from rehead.cli.ablation.comparing import compare_values  # pydantic, numpy, pycocotools: 1 s, see cli/app.py
    from rehead.stage import held_lock

    if seeds < _MEANINGFUL_SEEDS:
        print(
            f"note: with {seeds} seed(s) a difference may be chance; take at least {_MEANINGFUL_SEEDS}", file=sys.stderr
        )
    with held_lock(_LOCK, what="an ablation"):
        faults = compare_values(
            experiment,
            values or (),
            seeds=seeds,
            epochs=epochs,
            dataset=dataset,
            root=_ROOT,
            out=out or Path("reports/ablation") / experiment,
        )
    raise typer.Exit(1 if faults else 0)
