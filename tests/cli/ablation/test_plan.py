from pathlib import Path

import pytest

from rehead.cli.ablation.plan import Ablation, plan_ablation

MODEL = "model: {weights: none, fpn_channels: 16, box_head: 16, mask_layers: [8]}\n"


def planned(folder: Path, dataset: Path, train: str, monkeypatch: pytest.MonkeyPatch) -> Ablation:
    (folder / "params.yaml").write_text(MODEL + train)
    monkeypatch.chdir(folder)
    return plan_ablation("pooler", (), seeds=1, epochs=3, dataset=dataset, root=folder / "runs")


def test_a_thaw_that_the_given_epochs_never_reach_is_refused(
    tmp_path: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="thaw"):
        planned(tmp_path, dataset, "train: {epochs: 8, freeze: backbone, thaw: 5}\n", monkeypatch)


def test_ceilings_are_of_the_size_at_which_the_architecture_sees_images(
    tmp_path: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert planned(tmp_path, dataset, "train: {epochs: 8}\n", monkeypatch).input_size == 320
