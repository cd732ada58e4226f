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


def test_one_value_alone_is_refused(tmp_path: Path, dataset: Path) -> None:
    with pytest.raises(ValueError, match="28 alone compares nothing"):
        plan_ablation("mask-resolution", ["28"], seeds=1, epochs=None, dataset=dataset, root=tmp_path)


def test_what_all_trainings_have_in_common_leaves_out_what_is_compared(
    tmp_path: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = planned(tmp_path, dataset, "train: {epochs: 8, lr: 0.002}\n", monkeypatch).common_plans
    assert not {"pooler", "seed"} & common["model"].keys()
    assert (common["model"]["fpn_channels"], common["train"]["epochs"], common["train"]["lr"]) == (16, 3, 0.002)


def test_ceilings_are_of_the_size_at_which_the_architecture_sees_images(
    tmp_path: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert planned(tmp_path, dataset, "train: {epochs: 8}\n", monkeypatch).input_size == 320
