"""Whether DVC looks at the source: unless dvc.yaml lists it, ingest keeps its old result whatever changed inside."""

import os
from contextlib import suppress
from pathlib import Path

from rehead.coco.archives import SUFFIXES
from rehead.coco.sources import SourceError, find_parts
from rehead.params import load_document


def unwatched(root: Path) -> str | None:
    """Say what of the source a change would go unnoticed in, and the cure; None if DVC looks at all of it.

    Raises ParamsError if params.yaml, or dvc.yaml where it matters, cannot be read.
    """
    source = str((load_document(root / "params.yaml").get("data") or {}).get("source") or "shapes")
    if source == "shapes":
        return None
    stage = (load_document(root / "dvc.yaml").get("stages") or {}).get("ingest") or {}
    listed = {Path(source if dep == "${data.source}" else dep) for dep in stage.get("deps") or []}
    missed = [path for path in _read_by_ingest(Path(source), root) if listed.isdisjoint((path, *path.parents))]
    if not missed:
        return None
    return (
        f"dvc.yaml does not list {missed[0]} below ingest, so a change inside it would not rerun the pipeline; "
        f"`rehead init {source}` adds it"
    )


def _read_by_ingest(source: Path, root: Path) -> list[Path]:
    """List a folder or an archive by itself, and an annotation file with the folders of its images."""
    path = root / source
    if not path.is_file() or path.name.lower().endswith(SUFFIXES):
        return [source]
    folders = {path.parent}
    with suppress(SourceError):  # which ingest will tell
        parts = [part for parts in find_parts(path).splits.values() for part in parts]
        folders = {part.images for part in parts if part.images is not None} or folders
    return [source, *sorted(path if source.is_absolute() else Path(os.path.relpath(path, root)) for path in folders)]
