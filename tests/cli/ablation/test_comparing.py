from pathlib import Path

import pytest

from rehead.cli.ablation.comparing import compare_values
from rehead.files import read_json

PARAMS = """
model: {weights: none, input_size: 64, fpn_channels: 16, box_head: 16, mask_layers: [8], max_detections: 5}
train: {epochs: 1, batch_size: 4}
"""


@pytest.fixture(scope="module")
def compared(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder after both poolers were compared there with one seed."""
    project = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        Path("params.yaml").write_text(PARAMS)
        _compare(dataset)
    return project


def _compare(dataset: Path) -> list[str]:
    return compare_values(
        "pooler", (), seeds=1, epochs=None, dataset=dataset, root=Path("data/ablation"), out=Path("reports/ablation")
    )


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
def test_a_second_call_trains_nothing(
    compared: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(compared)
    assert _compare(dataset) == []
    assert "2 of 2 runs are done already" in capsys.readouterr().err


def test_an_unknown_experiment_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no 'head'; choose from mask-resolution, pooler"):
        compare_values("head", (), seeds=1, epochs=None, dataset=tmp_path, root=tmp_path, out=tmp_path)
