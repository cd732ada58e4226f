"""A verb about what is to come: doctor."""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import psutil
import typer

from rehead.cli.data import AsJson
from rehead.cli.doctor.clock import Clock

_SECONDS, _STARTING = 58.0, 15.0
"""In all, and the most of it that Python and the command itself may have taken to start."""
_PARAMS, _DATA = Path("params.yaml"), Path("data")


def doctor(
    path: Annotated[
        Path | None, typer.Argument(help="A dataset that is not ingested yet; default: the project's own.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Find in under a minute what would go wrong in a long training: heads, input, truth, learning, time, memory.

    Reads params.yaml and data/dataset, or a sample of a dataset that is not ingested yet, and writes nothing. Exit
    code 0: all is well, 1: something is wrong or could not be looked at in time.
    """
    clock = Clock(_SECONDS - min(_STARTING, time.time() - psutil.Process().create_time()))
    from rehead.cli.doctor.examination import Examination  # torch, torchvision: 4 to 14 s
    from rehead.cli.doctor.rendering import lines_of, summary_of, terminal_width
    from rehead.cli.plans import Plans
    from rehead.params import ParamsError

    if path is None and not _PARAMS.is_file():
        raise ParamsError(f"{_PARAMS} does not exist: run in the project folder, or give the path of a dataset")
    findings = []
    with tempfile.TemporaryDirectory(prefix="rehead-doctor-") as scratch:
        examined = Examination(Plans.of(_PARAMS), None if path is None else str(path), _DATA, Path(scratch), clock)
        for finding in examined.findings():
            findings.append(finding)
            if not as_json:
                print(*lines_of(finding, width=terminal_width(), encoding=sys.stdout.encoding), sep="\n", flush=True)
    sound = all(finding.state in ("ok", "warn") for finding in findings)
    if as_json:
        told = {"sound": sound, "seconds": clock.spent, "findings": [finding.as_dict() for finding in findings]}
        print(json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print(summary_of(findings, seconds=clock.spent))
    raise typer.Exit(0 if sound else 1)
