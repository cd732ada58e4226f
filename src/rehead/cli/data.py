"""Verbs about COCO files: check, score. Neither imports torch."""

import json
from pathlib import Path
from typing import Annotated

import typer

from rehead.coco.checking import check_dataset
from rehead.coco.rendering import print_faults

AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


def check(
    target: Annotated[
        Path, typer.Argument(help="A COCO folder (images/ and train.json or annotations.json) or JSON file.")
    ],
    *,
    images: Annotated[
        Path | None, typer.Option("--images", help="Folder of the images, if not beside the file.")
    ] = None,
    val: Annotated[Path | None, typer.Option("--val", help="COCO file of the validation split.")] = None,
    as_json: AsJson = False,
) -> None:
    """List every fault of a COCO dataset in one pass, with its cure; writes nothing.

    Exit code 0: usable (what ingest would repair is named), 1: rejected.
    """
    report = check_dataset(target, images=images, val=val)
    if as_json:
        print(json.dumps(report.as_dict(), indent=2, ensure_ascii=False))
    else:
        print_faults(report)
    raise typer.Exit(0 if report.usable else 1)
