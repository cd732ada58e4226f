"""The verb for schedulers: retrain."""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

_ALREADY_RUNNING = 75


def retrain(
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Train even if nothing changed or too many cycles failed.")
    ] = False,
    root: Annotated[Path, typer.Option("--root", help="The repository to retrain.")] = Path(),
) -> None:
    """Run one retraining cycle on the committed state and keep or replace the champion.

    Exit codes: 0 done, or nothing to do; 1 failed; 65 ingest rejected the data; 75 another cycle is running;
    124 past `retrain.minutes`. Each cycle leaves a numbered receipt, its log and its reports in data/retraining/.
    """
    from rehead.retraining.cycle import AlreadyRunning, Cycle  # pydantic and ruamel.yaml: 0.7 s, see cli/app.py
    from rehead.tracking.store import tracking_uri

    signal.signal(signal.SIGTERM, _leave)
    repository = root.resolve()
    try:
        receipt = Cycle(repository=repository, tracking_uri=tracking_uri(repository), force=force).run()
    except AlreadyRunning as error:
        print(f"skipped: {error}", file=sys.stderr)
        raise typer.Exit(_ALREADY_RUNNING) from None
    print(f"cycle {receipt.number} {receipt.outcome} after {receipt.seconds:.0f} s: {receipt.because}")
    raise typer.Exit(receipt.outcome.exit_code)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Turn SIGTERM into an exit that runs the clean-up: children ended, checkout removed."""
    sys.exit(128 + number)
