"""Verbs about COCO files: check, score. Neither imports torch."""

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from rehead.cli.policies import Rules, rules_for
from rehead.coco.checking import CheckReport, check_dataset
from rehead.coco.kinds import KINDS
from rehead.coco.policy import mending
from rehead.coco.rendering import print_faults

_LIMIT = "Best results of an image that count; 100, or more where an image has more objects."
_CODES = "List all kinds of fault with what may be done about each, and end."
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
_POLICY = "What to do about a kind of fault: reject, repair, drop or warn; `rle-*` stands for all that begin so."


def _list_codes(wanted: bool) -> None:
    """Print every kind of fault with its actions and its cure, and end the command."""
    if wanted:
        print(f"{'code':<24}  {'what is done, or else':<30}  cure at the source")
        print(*(f"{code:<24}  {', '.join(kind.actions):<30}  {kind.fix}" for code, kind in KINDS.items()), sep="\n")
        raise typer.Exit


def check(
    target: Annotated[Path, typer.Argument(help="The folder, file or archive of a dataset.")],
    *,
    images: Annotated[Path | None, typer.Option("--images", help="Where the images are, if elsewhere.")] = None,
    val: Annotated[Path | None, typer.Option("--val", help="COCO file of the validation split.")] = None,
    fix: Annotated[Path | None, typer.Option("--fix", help="Write a repaired COCO copy to this new folder.")] = None,
    policy: Annotated[list[str] | None, typer.Option("--policy", metavar="CODE=ACTION", help=_POLICY)] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the findings to this file as a page.")] = None,
    as_json: AsJson = False,
    codes: Annotated[bool, typer.Option("--codes", is_eager=True, callback=_list_codes, help=_CODES)] = False,
) -> None:
    """List every fault of a dataset in one pass, with its cure; writes nothing but what --fix and --html ask for.

    Exit code 0: usable (what ingest would repair is named), 1: rejected. With --fix 0 says that the copy is sound.
    """
    rules = rules_for(target, policy or ())
    if fix is not None:
        _fix(target, fix, images=images, val=val, rules=rules, html=html, as_json=as_json)
    report = check_dataset(target, images=images, val=val, policy=rules.policy, max_pixels=rules.max_pixels)
    if as_json:
        print(json.dumps(report.as_dict(), indent=2))
    else:
        print_faults(report)
        print(_next_step(report, target, images=images, val=val, rules=rules))
    if html is not None:
        _write_page(html, report)
    raise typer.Exit(0 if report.usable else 1)


def _next_step(report: CheckReport, target: Path, *, images: Path | None, val: Path | None, rules: Rules) -> str:
    """Name the command that comes next: go on with the dataset, or have a copy repaired."""
    place = shlex.quote(str(target))
    if report.usable:
        return "next: dvc repro" if rules.of_project else f"next: rehead init {place}"
    options = [f"--{name} {shlex.quote(str(path))}" for name, path in (("images", images), ("val", val)) if path]
    kinds = {fault.code for fault in report.faults if fault.action == "reject"}
    final = sorted(kinds - set(mending({})))
    if final:
        return f"next: mend {', '.join(final)} at the source, which has no safe repair"
    return " ".join(["next: rehead check", place, *options, "--fix OUT  # writes a repaired copy, leaves the source"])


def _write_page(path: Path, report: CheckReport) -> None:
    """Write what a check found as a page, with statistics and figures but without pictures."""
    from rehead.reporting.ingest_page import write_ingest_page  # matplotlib: 1 s

    write_ingest_page(path, report.described(), splits=report.datasets)


def _fix(
    target: Path, out: Path, *, images: Path | None, val: Path | None, rules: Rules, html: Path | None, as_json: bool
) -> NoReturn:
    """Write a repaired copy and tell what was done."""
    from rehead.coco.fixing import fix_dataset, lines_of_fix

    fixed = fix_dataset(target, out, images=images, val=val, policy=rules.policy, max_pixels=rules.max_pixels)
    if as_json:
        print(json.dumps(fixed.as_dict(), indent=2))
    else:
        print_faults(fixed.found)
        print(*lines_of_fix(fixed), sep="\n")
    if html is not None:
        _write_page(html, fixed.found)
    raise typer.Exit(0 if fixed.sound else 1)


def score(
    truth: Annotated[Path, typer.Argument(help="COCO annotations.")],
    results: Annotated[Path, typer.Argument(help="COCO results: a list of detections with bbox, score, segmentation.")],
    *,
    max_detections: Annotated[int | None, typer.Option("--max-detections", min=1, help=_LIMIT)] = None,
    as_json: AsJson = False,
) -> None:
    """Score COCO results by box, mask and boundary AP, whatever tool they come from.

    Both files are checked first: a non-finite box would score 1.0. Exit code 0: scored, 1: a file was rejected.
    """
    from rehead.cli.score_table import print_scores
    from rehead.cli.scoring import score_files  # pycocotools and hotcoco: 0.4 s

    scored = score_files(truth, results, max_detections=max_detections)
    for remark in scored.remarks:
        print(f"note: {remark}", file=sys.stderr)
    if as_json:
        print(json.dumps(scored.as_dict(), indent=2, ensure_ascii=False))
    else:
        print_scores(scored)
