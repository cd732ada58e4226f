"""Verbs about COCO files: check, score. Neither imports torch."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from rehead.coco.checking import check_dataset
from rehead.coco.rendering import print_faults

AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


def check(
    target: Annotated[Path, typer.Argument(help="A COCO folder, or a COCO JSON file.")],
    *,
    images: Annotated[Path | None, typer.Option("--images", help="Where the images are, if elsewhere.")] = None,
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


def score(
    truth: Annotated[Path, typer.Argument(help="COCO annotations.")],
    results: Annotated[Path, typer.Argument(help="COCO results: a list of detections with bbox, score, segmentation.")],
    *,
    max_detections: Annotated[int, typer.Option("--max-detections", min=1, help="Best results of an image.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Score COCO results by box and mask AP, whatever tool they come from.

    Both files are checked first: a non-finite box would score 1.0. Exit code 0: scored, 1: a file was rejected.
    """
    from rehead.cli.scoring import score_files  # pycocotools: 0.4 s

    scores = score_files(truth, results, max_detections=max_detections)
    print(json.dumps(scores.as_dict(), indent=2, ensure_ascii=False) if as_json else table_of(scores.as_dict()))


def table_of(scores: dict[str, Any]) -> str:
    """Lay out the twelve numbers of both heads, a dash where a number is undefined."""
    lines = [f"{'':8}{'box':>8}{'mask':>8}"]
    lines += [f"{name:8}{_shown(scores['box'][name])}{_shown(scores['mask'][name])}" for name in scores["box"]]
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    return f"{'-':>8}" if value is None else f"{value:8.3f}"
