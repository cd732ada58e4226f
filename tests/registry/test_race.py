"""Registrations at once, each in a process of its own: one version a package, and the best is champion."""

import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from rehead.registry.versions import CHAMPION

_RACER = """
import sys
from pathlib import Path
import mlflow
from mlflow.tracking import MlflowClient
from rehead.registry.packaging import Package
from rehead.registry.plan import RegisterPlan
from rehead.registry.promotion import Contender
from rehead.registry.registration import register
from rehead.registry.versions import Versions

uri, folder, content, score = sys.argv[1:]
mlflow.set_tracking_uri(uri)
package = Package(Path(folder), content, content, content)
hashes = {"model_sha256": content, "package_sha256": content}
tags = {**hashes, "mask_AP": score, "dataset_fingerprint": "f", "classes": '["a"]'}
versions = Versions(MlflowClient(uri, uri), uri, "raced")
new = Contender(content, float(score), "f", ("a",))
register(package, new, RegisterPlan(), versions=versions, rescore=None, tags=tags)
"""


@pytest.mark.slow
def test_of_models_registered_at_once_the_best_is_champion(registry_uri: str, tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("x")
    scores = {"one": "0.3", "two": "0.7", "two again": "0.7"}
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, registry_uri, str(tmp_path), name.split()[0], score], cwd=tmp_path
        )
        for name, score in scores.items()
    ]
    assert [racer.wait(timeout=240) for racer in racers] == [0] * len(racers)
    client = MlflowClient(registry_uri, registry_uri)
    champion = client.get_model_version_by_alias("raced", CHAMPION)
    assert champion.tags["model_sha256"] == "two"
    assert len(client.search_model_versions("name = 'raced'")) == 2
