"""A clean checkout of the committed state that shares the repository's inputs, local databases and DVC cache.

It lies in a mirror of the file system, `<place>/<absolute path of the repository>`, so that a relative path in
params.yaml that leads out of the repository can be linked to where it led before.
"""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from rehead.retraining.supervision import CommandFailed

# Each checkout makes these itself; everything else below data/ is shared.
_OWN = {".gitignore", "locks", "retraining"}
# What a stage leaves for the next one must not end with the checkout: unsent runs, the state of a cut-off training,
# what frozen trunks made of images.
_OUTLIVE = ("spool", "checkpoints", "features")


def clean_checkout(repository: Path, place: Path) -> Path:
    """Clone the committed state (HEAD) below `place`, which is emptied first; returns the checkout's root.

    Raises CommandFailed if git cannot.
    """
    shutil.rmtree(place, ignore_errors=True)
    checkout = place / repository.relative_to(repository.anchor)
    checkout.parent.mkdir(parents=True)
    command = ["git", "clone", "--quiet", "--local", str(repository), str(checkout)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise CommandFailed(f"`{' '.join(command)}` failed: {result.stderr.strip()}")
    settings = repository / ".dvc" / "config.local"
    if settings.is_file():
        shutil.copy(settings, checkout / ".dvc")
    return checkout


def share_data(repository: Path, checkout: Path, *, outputs: Iterable[str]) -> None:
    """Link what lies in the repository's data/ into the checkout's.

    Left out: what git or a .dvc file brings, and `outputs`, the paths that the pipeline writes.
    """
    written = {Path(path).parts[:2] for path in outputs}
    (checkout / "data").mkdir(exist_ok=True)
    for name in _OUTLIVE:
        (repository / "data" / name).mkdir(exist_ok=True)
    for entry in sorted((repository / "data").iterdir()):
        link = checkout / "data" / entry.name
        tracked = link.exists() or link.with_name(f"{entry.name}.dvc").exists()
        hidden = entry.name.startswith(".") or entry.name.endswith((".lock", ".tmp"))
        if not (tracked or hidden or entry.name in _OWN or ("data", entry.name) in written):
            link.symlink_to(entry)


def share_outside(repository: Path, checkout: Path, place: Path, *, paths: Iterable[str]) -> None:
    """Link relative paths that lead out of the repository, so that they lead to the same place from the checkout."""
    for path in paths:
        real = (repository / path).resolve()
        link = Path(*_normal(checkout / path))
        inside = link.is_relative_to(place.absolute()) and not link.is_relative_to(checkout)
        if not Path(path).is_absolute() and inside and real.exists() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(real)


def _normal(path: Path) -> list[str]:
    """Take `..` out of an absolute path by its names alone, without following links."""
    parts: list[str] = []
    for part in path.absolute().parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return parts
