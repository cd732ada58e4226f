"""Printed head swaps run, train and predict; a wrong one is found out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import detection, get_model_weights
from torchvision.ops import FrozenBatchNorm2d

from rehead.cli.head_programs import head_program
from rehead.cli.head_swaps import DETECTORS
from rehead.cli.head_trial import try_program

LIGHT = ("ssdlite320_mobilenet_v3_large", "fasterrcnn_mobilenet_v3_large_320_fpn")
SSDLITE = LIGHT[0]
DENSE = "retinanet_resnet50_fpn_v2"
TRUNKS = (LIGHT[1], "fcos_resnet50_fpn", "keypointrcnn_resnet50_fpn", "retinanet_resnet50_fpn")
"""One for each kind of trunk whose batch norm torchvision freezes."""
WRONG = {
    "the number of classes is not told to the head": (DENSE, "head.num_classes = ", "forgotten = "),
    "background has no row": (SSDLITE, "classes + 1", "classes"),
    "one row too many": (SSDLITE, "classes + 1", "classes + 2"),
    "weights that are no numbers": (SSDLITE, "classes + 1, norm)", "classes + 1, norm).apply(spoil)"),
}
SPOIL = """
def spoil(layer):
    if getattr(layer, "bias", None) is not None:
        layer.bias.data.fill_(float("nan"))
"""


def expected(arch: str, classes: int) -> dict[str, int]:
    """What the heads have to put out."""
    heads = ["scores"]
    heads += ["boxes"] if "rcnn" in arch else []
    heads += ["masks"] if "maskrcnn" in arch else []
    return dict.fromkeys(heads, classes + 1) | ({"keypoints": 17} if "keypoint" in arch else {})


@pytest.mark.parametrize("arch", LIGHT)
def test_a_program_runs(arch: str) -> None:
    trial = try_program(head_program(arch, classes=3, weights="none"), classes=3)
    assert trial.outputs == expected(arch, 3)


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 5, 91])
@pytest.mark.parametrize("arch", DETECTORS)
def test_every_program_runs(arch: str, classes: int) -> None:
    trial = try_program(head_program(arch, classes=classes, weights="none"), classes=classes)
    assert trial.outputs == expected(arch, classes)


@pytest.mark.slow
def test_points_are_as_many_as_asked_for() -> None:
    text = head_program("keypointrcnn_resnet50_fpn", classes=2, weights="none", keypoints=5)
    assert try_program(text, classes=2, keypoints=5).outputs["keypoints"] == 5


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_swap_is_found_out(name: str) -> None:
    arch, right, wrong = WRONG[name]
    text = head_program(arch, classes=3, weights="none")
    assert right in text
    with pytest.raises(ValueError, match=r"fails in use|put out|not finite"):
        try_program(SPOIL + text.replace(right, wrong), classes=3)


@pytest.mark.parametrize(
    ("text", "told"),
    [("import math\nmath.sqrt(-1)", "line 2 fails"), ("model =", "SyntaxError"), ("classes = 3", "leaves no `model`")],
)
def test_a_program_that_fails_is_told_with_its_reason(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        try_program(text, classes=3)


def test_scores_of_a_dense_head_start_at_one_in_a_hundred() -> None:
    names: dict[str, Any] = {}
    exec(head_program("fcos_resnet50_fpn", classes=3, weights="none"), names)
    bias = names["model"].head.classification_head.cls_logits.bias
    assert torch.allclose(bias.sigmoid(), torch.tensor(0.01))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_of_ones_own_classes_is_loaded_before_the_swap(suffix: str, tmp_path: Path) -> None:
    own = detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=7)
    file = tmp_path / f"own{suffix}"
    if suffix == ".pth":
        torch.save(own.state_dict(), file)
    else:
        save_file(own.state_dict(), file)
    names: dict[str, Any] = {}
    exec(head_program(SSDLITE, classes=3, weights=str(file)), names)
    assert all(torch.equal(names["model"].backbone.state_dict()[name], value) for name, value in trunk_of(own).items())


@pytest.mark.slow
@pytest.mark.parametrize("arch", TRUNKS)
def test_a_file_makes_what_torchvision_makes_of_its_own_download(
    arch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = downloaded(arch, tmp_path, monkeypatch)
    torch.save(theirs.state_dict(), tmp_path / "stored.pth")
    names: dict[str, Any] = {}
    exec(head_program(arch, classes=3, weights=str(tmp_path / "stored.pth")), names)
    ours = names["model"]
    assert traits(ours) == traits(theirs)
    assert all(torch.equal(ours.backbone.state_dict()[name], value) for name, value in trunk_of(theirs).items())


@pytest.mark.slow
def test_a_program_with_downloaded_weights_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    downloaded("maskrcnn_resnet50_fpn", tmp_path, monkeypatch)
    trial = try_program(head_program("maskrcnn_resnet50_fpn", classes=3), classes=3)
    assert trial.outputs == expected("maskrcnn_resnet50_fpn", 3)


def downloaded(arch: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    """Put random weights where torchvision keeps its downloads; returns what it builds of them."""
    monkeypatch.setenv("TORCH_HOME", str(home))
    builder, weights = getattr(detection, arch), get_model_weights(arch)["DEFAULT"]
    cache = home / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    torch.save(builder(weights=None, weights_backbone=None).state_dict(), cache / weights.url.rpartition("/")[2])
    model: nn.Module = builder(weights="DEFAULT")
    return model


def trunk_of(model: nn.Module) -> Mapping[str, torch.Tensor]:
    return model.get_submodule("backbone").state_dict()


def traits(model: nn.Module) -> dict[str, object]:
    """Tell which parameters of the trunk learn, and how its batch norm is built."""
    trunk = model.get_submodule("backbone")
    learning: dict[str, object] = {name: parameter.requires_grad for name, parameter in trunk.named_parameters()}
    norms: dict[str, object] = {
        name: (type(module).__name__, module.eps)
        for name, module in trunk.named_modules()
        if isinstance(module, nn.BatchNorm2d | FrozenBatchNorm2d)
    }
    return learning | norms
