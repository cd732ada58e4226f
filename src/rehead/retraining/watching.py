"""Whether DVC looks at the source: unless dvc.yaml lists it, ingest keeps its old result whatever changed inside."""

from pathlib import Path

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
    """List a folder by itself, and a JSON file with the folder of its images."""
    if not (root / source).is_file():
        return [source]
    beside = source.parent / "images"
    return [source, beside if (root / beside).is_dir() else source.parent]
