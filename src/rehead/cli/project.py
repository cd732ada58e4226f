"""Verbs about the project folder: init, params, summary."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from rehead.cli.advice import advise, survey
from rehead.cli.editing import ParamsEdit, watch_source
from rehead.coco.sources import find_source
from rehead.files import read_json
from rehead.params import load_document

_PARAMS, _PIPELINE, _REPORTS = Path("params.yaml"), Path("dvc.yaml"), Path("reports")


def init(
    path: Annotated[
        Path, typer.Argument(help="A COCO folder (images/ and train.json or annotations.json) or JSON file.")
    ],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace the settings of another dataset.")] = False,
) -> None:
    """Look at a dataset and write what fits it into params.yaml, each value with its reason as a comment.

    Comments and other values in the file stay. Without a params.yaml a new one is written.
    """
    source = find_source(path)
    advice = advise(survey(source.files.values()))
    edit = ParamsEdit.of(_PARAMS)
    known = edit.value("data", "source")
    if known not in (None, "shapes", str(path)) and not force:
        raise ValueError(f"{_PARAMS} is set up for {known}: give --force to set it up for {path} instead")
    edit.set("data", "source", str(path), because="read strictly by ingest; `rehead check` tells beforehand")
    for item in advice:
        edit.set(item.section, item.key, item.value, because=item.because)
        print(f"{item.section}.{item.key}: {item.value}  # {item.because}")
    edit.save()
    watched = watch_source(_PIPELINE) if _PIPELINE.is_file() else False
    print(
        f"wrote {_PARAMS}{' and the dependency on data.source in dvc.yaml' if watched else ''}; next: rehead check {path}"
    )


def params() -> None:
    """Check the whole of params.yaml and list every fault at once; exit code 1 if there is any."""
    from rehead.cli.sections import check_sections  # the sections' owners import torch

    faults = check_sections(_PARAMS)
    if faults:
        print(f"{_PARAMS} has {len(faults)} fault(s):", *(f"  {fault}" for fault in faults), sep="\n", file=sys.stderr)
        raise typer.Exit(1)
    source = (load_document(_PARAMS).get("data") or {}).get("source", "shapes")
    if source != "shapes" and not _is_watched(source):
        print(
            f"note: dvc.yaml does not list ${{data.source}}, so a change inside {source} will not rerun ingest; "
            f"`rehead init {source}` adds it",
            file=sys.stderr,
        )
    print(f"{_PARAMS}: all sections are valid")


def summary() -> None:
    """Say what the last `dvc repro` made: both mAPs, where the report is and how to serve the model."""
    scores: dict[str, Any] = read_json(_report("evaluation.json"))
    receipt: dict[str, Any] = read_json(_report("registration.json"))
    for head in ("box", "mask"):
        print(f"{head} mAP {_number(scores[head]['AP'])}  (AP50 {_number(scores[head]['AP50'])})")
    print(f"model   {receipt['name']} version {receipt['version']}: {receipt['because']}")
    print(f"report  {(_REPORTS / 'index.html').resolve()}")
    print("serve   .venv/bin/rehead serve")


def _report(name: str) -> Path:
    path = _REPORTS / name
    if not path.is_file():
        raise ValueError(f"{path} does not exist: run `dvc repro` first")
    return path


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _is_watched(source: str) -> bool:
    stages: dict[str, Any] = load_document(_PIPELINE).get("stages") or {}
    deps = stages.get("ingest", {}).get("deps", [])
    return "${data.source}" in deps or source in deps
