"""The `rehead` command.

Verbs import what they need when they run, since each start would pay for all: torch and MLflow 4 to 19 s, pydantic
and ruamel.yaml 0.7 s. What checking a file needs is imported at once.
"""

import io
import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from rehead.cli import advisory, augmentation, ceiling, data, direction, experiments, health, model, project, schedule

_INTERRUPTED = 130
"""128 and SIGINT's number, as shells count; typer turns Ctrl-C into it."""

app = typer.Typer(
    name="rehead",
    help=(
        "New heads for Mask R-CNN: from a COCO dataset to a registered, served model.\n\n"
        "Exit codes: 0 done, 1 refused or failed (the reason is on the last line), 2 wrong usage; "
        "`retrain` also 65 data rejected, 75 already running, 124 out of time. "
        "REHEAD_TRACEBACK=1 in the environment shows where a one-line error arose."
    ),
    no_args_is_help=True,
    rich_markup_mode="markdown",  # else --help keeps the line ends of docstrings
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_versions(wanted: bool) -> None:
    if wanted:
        print(*(f"{name} {version(name)}" for name in ("rehead", "torch", "torchvision", "mlflow", "dvc")), sep="\n")
        raise typer.Exit


@app.callback()
def _rehead(
    *,
    versions: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_versions, help="Print versions, and end.")
    ] = False,
) -> None:
    """Take what comes before a verb."""


for verb in (
    project.init,
    project.params,
    project.summary,
    direction.route,
    direction.guide,
    data.check,
    health.doctor,
    augmentation.augment,
    data.score,
    ceiling.ceiling,
    experiments.ablate,
    experiments.compare,
    model.predict,
    model.serve,
    model.verify,
    schedule.retrain,
    advisory.heads,
):
    app.command()(verb)


def main() -> None:
    """Run the command; what the user can mend, or Ctrl-C, is one line on stderr, without a traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file name that the terminal has no letters for is shown escaped
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            print("rehead: interrupted", file=sys.stderr)
        raise
    except (ValueError, OSError, RuntimeError) as error:
        if "REHEAD_TRACEBACK" in os.environ:
            raise
        print(f"rehead: {error}", file=sys.stderr)
        sys.exit(1)
