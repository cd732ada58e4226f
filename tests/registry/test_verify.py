"""Tracing a registered model back to its data and code, and finding damage in its files."""

from pathlib import Path

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from rehead.registry.packaging import Package
from rehead.registry.verify import trace
from rehead.registry.versions import CHAMPION, Versions


@pytest.fixture
def name(package: Package, registry_uri: str) -> str:
    versions = Versions(MlflowClient(registry_uri, registry_uri), registry_uri, "traced")
    known = versions.find(package.package_sha256)
    hashes = ("model_sha256", "package_sha256", "manifest_sha256")
    tags = {"git.commit": "abc123"} | {key: getattr(package, key) for key in hashes}
    versions.point(CHAMPION, known or versions.add(package, tags))
    return "traced"


def test_an_untouched_model_has_no_faults(name: str, registry_uri: str) -> None:
    assert trace(name, uri=registry_uri).faults == ()


def test_the_commit_is_told(name: str, registry_uri: str) -> None:
    assert "  code (git commit): abc123" in trace(name, uri=registry_uri).lines()


def test_a_registry_without_the_alias_is_told_by_name(registry_uri: str) -> None:
    with pytest.raises(ValueError, match="no unheard-of@champion"):
        trace("unheard-of", uri=registry_uri)


def test_damaged_weights_in_the_store_are_found(name: str, registry_uri: str) -> None:
    stored = Path(mlflow.artifacts.download_artifacts(f"models:/{name}@champion"))
    weights = stored / "artifacts" / "detector" / "weights.safetensors"
    whole = weights.read_bytes()
    try:
        weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert any("weights" in fault for fault in trace(name, uri=registry_uri).faults)
    finally:
        weights.write_bytes(whole)
