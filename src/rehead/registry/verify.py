"""Where a registered model comes from, and whether its files are still those that were registered."""

from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow.tracking import MlflowClient

from rehead.files import sha256_of
from rehead.registry.packaging import content_hash
from rehead.registry.versions import CHAMPION, Version, Versions
from rehead.serving.manifest import MANIFEST, ManifestError, verify_manifest

_ORIGIN = {
    "git.commit": "code (git commit)",
    "git.dirty": "code changed after the commit",
    "dvc.lock.sha256": "pipeline (sha256 of dvc.lock)",
    "dataset.train": "training data (fingerprint)",
    "dataset_fingerprint": "test data (fingerprint)",
    "mask_AP": "mask AP on it",
    "box_AP": "box AP on it",
    "model_sha256": "weights and configuration (sha256)",
    "package_sha256": "model, serving settings and source (sha256)",
    "manifest_sha256": "package (sha256 of its manifest)",
}


@dataclass(frozen=True)
class Provenance:
    """A version's origin and the faults of its files; none means that what would be served is what was registered."""

    name: str
    version: str
    tags: dict[str, str]
    faults: tuple[str, ...]

    def lines(self) -> list[str]:
        """Say it for a person, one fact a line."""
        told = [f"  {title}: {self.tags[key]}" for key, title in _ORIGIN.items() if key in self.tags]
        state = [f"  FAULT: {fault}" for fault in self.faults] or ["  files: all as registered"]
        return [f"{self.name} version {self.version}", *told, *state]


def trace(name: str, *, uri: str, alias: str = CHAMPION) -> Provenance:
    """Find the version an alias points at, fetch its files and compare them with its tags and its manifest.

    Raises ValueError if the registry has no such alias.
    """
    mlflow.set_tracking_uri(uri)
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    version = Versions(client, uri, name).holder(alias)
    if version is None:
        raise ValueError(
            f"the registry at {uri} has no {name}@{alias}: run `dvc repro -f -s register`, or name another alias"
        )
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{version.number}"))
    return Provenance(name, version.number, version.tags, tuple(_faults(folder, version)))


def _faults(folder: Path, version: Version) -> list[str]:
    faults = []
    try:
        verify_manifest(folder)
    except ManifestError as error:
        faults.append(str(error))
    manifest, detector = folder / MANIFEST, folder / "artifacts" / "detector"
    if not manifest.is_file() or sha256_of(manifest) != version.tags.get("manifest_sha256"):
        faults.append("the manifest is not the one that was registered")
    if not detector.is_dir() or content_hash(detector) != version.tags.get("model_sha256"):
        faults.append("weights and configuration are not those that were registered")
    return faults
