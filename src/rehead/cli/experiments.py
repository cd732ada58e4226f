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
    from rehead.cli.ablation.plan import plan_ablation  # pydantic and ruamel.yaml: 0.7 s, see cli/app.py
    from rehead.stage import held_lock

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
