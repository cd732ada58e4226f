"""The manifest of a model folder: a sha256 for every file, checked before anything of it is trusted."""

from pathlib import Path

from rehead.files import read_json, sha256_of, write_json

MANIFEST = "manifest.json"
_ADDED_BY_MLFLOW = ("registered_model_meta",)
"""Written beside the model when it is downloaded from a registry."""


class ManifestError(ValueError):
    """A model folder whose files are not those that were packaged."""


def write_manifest(folder: Path) -> str:
    """Write `manifest.json` over all files of a folder; returns the manifest's own sha256."""
    write_json(folder / MANIFEST, {"files": {name: sha256_of(folder / name) for name in _names(folder)}})
    return sha256_of(folder / MANIFEST)


def verify_manifest(folder: Path) -> None:
    """Compare a folder with its manifest; raises ManifestError that names what differs, is missing or was added."""
    try:
        expected = dict(read_json(folder / MANIFEST)["files"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ManifestError(f"{MANIFEST} is missing or unreadable: package and register the model again") from None
    present = set(_names(folder)) - set(_ADDED_BY_MLFLOW)
    faults = [f"{name} is missing" for name in sorted(expected.keys() - present)]
    faults += [f"{name} was added" for name in sorted(present - expected.keys())]
    faults += [f"{name} was changed" for name in sorted(present & expected.keys()) if _differs(folder, name, expected)]
    if faults:
        raise ManifestError(f"the model folder is not the one packaged: {'; '.join(faults[:5])}")


def _differs(folder: Path, name: str, expected: dict[str, str]) -> bool:
    return sha256_of(folder / name) != expected[name]


def _names(folder: Path) -> list[str]:
    """List files as relative names; the manifest itself and Python's bytecode are left out."""
    files = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return sorted(name for file in files if (name := file.relative_to(folder).as_posix()) != MANIFEST)
