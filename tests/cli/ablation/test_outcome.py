from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rehead.cli.ablation.plan import plan_ablation
from rehead.cli.app import app
from rehead.files import read_json

PARAMS = """
model: {weights: none, input_size: 64, fpn_channels: 16, box_head: 16, mask_layers: [8], max_detections: 5}
train: {epochs: 1, batch_size: 4}
"""


@pytest.fixture(scope="module")
def compared(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder after both poolers were compared there with one seed."""
    project = tmp_path_factory.mktemp("project")
    (project / "params.yaml").write_text(PARAMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        done = _ablate(dataset)
    assert done.exit_code == 0, done.output
    return project


def _ablate(dataset: Path) -> Result:
    return CliRunner().invoke(app, ["ablate", "pooler", "--seeds", "1", "--dataset", str(dataset)])


@pytest.mark.slow
def test_each_run_is_stored_with_the_fingerprint_of_what_it_found(compared: Path, dataset: Path) -> None:
    kept = [read_json(path) for path in (compared / "data/ablation").glob("*/run.json")]
    assert sorted(run["model"]["pooler"] for run in kept) == ["roi_align", "roi_pool"]
    fingerprint = read_json(dataset / "manifest.json")["splits"]["val"]["fingerprint"]
    assert {run["dataset"]["fingerprint"] for run in kept} == {fingerprint}


@pytest.mark.slow
def test_both_poolers_have_the_same_parameters(compared: Path) -> None:
    assert len({read_json(path)["parameters"] for path in (compared / "data/ablation").glob("*/run.json")}) == 1


@pytest.mark.slow
def test_a_second_call_trains_nothing(compared: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(compared)
    done = _ablate(dataset)
    assert done.exit_code == 0, done.output
    assert "2 of 2 runs are done already" in done.output


@pytest.mark.slow
def test_the_comparison_names_what_was_scored(compared: Path, dataset: Path) -> None:
    report = read_json(compared / "reports/ablation/pooler/comparison.json")
    fingerprint = read_json(dataset / "manifest.json")["splits"]["val"]["fingerprint"]
    assert report["dataset"]["fingerprint"] == fingerprint
    assert [variant["value"] for variant in report["variants"]] == ["roi_align", "roi_pool"]


@pytest.mark.slow
def test_a_few_seeds_are_warned_of(compared: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(compared)
    assert "1 seed(s) cannot tell a gain from chance" in _ablate(dataset).output


def test_an_unknown_experiment_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"there is no experiment 'head'; choose from mask-resolution, pooler"):
        plan_ablation("head", (), seeds=1, epochs=None, dataset=Path("none"), root=Path("none"))
