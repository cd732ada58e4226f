"""Verbs about the project folder: init, params, summary."""

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from rehead.files import read_json

_PARAMS, _PIPELINE, _REPORTS = Path("params.yaml"), Path("dvc.yaml"), Path("reports")


def init(
    path: Annotated[Path, typer.Argument(help="A dataset: a folder, an annotation file or an archive.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace the settings of another dataset.")] = False,
    interactive: Annotated[bool, typer.Option("--interactive", "-i", help="Ask for each value.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the changes and write nothing.")] = False,
) -> None:
    """Look at a dataset and write what fits it into params.yaml, each value with its reason as a comment.

    Comments and other values in the file stay. Without a params.yaml a new one is written.
    """
    from rehead.cli.asking import accept, ask
    from rehead.cli.setup import Project, set_up, source_of  # every section, and ruamel.yaml: 0.7 s, see cli/app.py

    project = Project.of(_PARAMS, _PIPELINE, source=source_of(path), force=force)
    set_up(path, project, ask if interactive else accept, dry_run=dry_run)


def params(
    section: Annotated[str | None, typer.Argument(help="List the parameters of this section alone.")] = None,
    *,
    listed: Annotated[bool, typer.Option("--list", help="List all parameters: default, bounds, meaning.")] = False,
) -> None:
    """Check the whole of params.yaml and list every fault at once; exit code 1 if there is any."""
    from rehead.cli.sections import SECTION_MODELS, check_sections  # all sections, pydantic, ruamel.yaml: 0.7 to 1 s
    from rehead.retraining.watching import unwatched

    if listed or section is not None:
        from rehead.cli.listing import list_parameters, print_parameters

        print_parameters(list_parameters(SECTION_MODELS, only=section))
        return
    faults = check_sections(_PARAMS)
    if faults:
        print(f"{_PARAMS} has {len(faults)} fault(s):", *(f"  {fault}" for fault in faults), sep="\n", file=sys.stderr)
        raise typer.Exit(1)
    fault = unwatched(_PARAMS.parent)
    if fault is not None:
        print(f"note: {fault}", file=sys.stderr)
    print(f"{_PARAMS}: all sections are valid")


def summary() -> None:
    """Say what the last `dvc repro` made: both mAPs, what to do next, where the report is and how to serve the model.

    Scores compare only where the fingerprint of the data is the same.
    """
    scores, receipt = _report("evaluation.json"), _report("registration.json")
    for head in ("box", "mask"):
        print(f"{head} mAP {_number(scores[head]['AP'])}  (AP50 {_number(scores[head]['AP50'])})")
    truth = scores["dataset"]
    print(f"data    {truth['images']} images of {truth.get('same_as') or truth['split']}, {truth['fingerprint'][:12]}")
    print(f"model   {receipt['name']} version {receipt['version']}: {receipt['because']}")
    if changed := _changed(scores, receipt):
        print(f"note    that version was registered with other {changed}: `dvc repro` registers those of now")
    if (_REPORTS / "analysis.json").is_file() and (advice := _report("analysis.json").get("bottleneck") or {}):
        print(f"advice  {advice['sentence']}")
    print(f"report  {(_REPORTS / 'index.html').resolve()}")
    print("serve  ", "\n   or   ".join(_serving(receipt, os.environ.get("PATH", os.defpath))))


def _changed(scores: dict[str, Any], receipt: dict[str, Any]) -> str:
    """Name what the evaluation says otherwise than it did when it was registered; empty where that is nothing."""
    chosen = {name: one["score"] for name, one in (scores.get("thresholds") or {}).get("classes", {}).items()}
    served = (receipt.get("serving") or {}).get("thresholds") or chosen  # register.score_threshold may rule instead
    found, registered = scores["mask"]["AP"], receipt.get("mask_AP", scores["mask"]["AP"])
    return " and ".join([*["scores"] * (registered != found), *["thresholds"] * (served != chosen)])


def _serving(receipt: dict[str, Any], path: str) -> tuple[str, str]:
    """Write two commands that serve what was registered: the champion if it became that, else its version."""
    from rehead.tracking.store import tracking_uri  # a first call creates the local store

    champion = receipt.get("alias") == "champion"
    address = f"models:/{receipt['name']}{'@champion' if champion else '/' + str(receipt['version'])}"
    folder = Path(sys.executable).parent
    reached = shutil.which("rehead", path=path) is not None
    named = "" if "MLFLOW_TRACKING_URI" in os.environ else f"MLFLOW_TRACKING_URI={shlex.quote(tracking_uri())} "
    # MLflow looks for uvicorn on PATH, so the folder before its name would not do.
    return (
        f"{'rehead' if reached else shlex.quote(str(folder / 'rehead'))} serve{'' if champion else f' {address}'}",
        f"{'' if reached else f'PATH={shlex.quote(str(folder))}:$PATH '}{named}"
        f"mlflow models serve -m {address} --env-manager local",
    )


def _report(name: str) -> dict[str, Any]:
    path = _REPORTS / name
    if not path.is_file():
        raise ValueError(f"{path} does not exist: run `dvc repro` first")
    report: dict[str, Any] = read_json(path)
    return report


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
