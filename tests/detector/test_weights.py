import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import get_model_weights, mobilenet_v2, resnet18

from rehead.detector.build import build_detector
from rehead.detector.checkpoint import save_detector
from rehead.detector.plan import ModelPlan
from rehead.detector.weights import EMBEDDED, pretrained_detector
from rehead.files import sha256_of

SMALL = {"input_size": 64, "fpn_channels": 8, "box_head": 8, "mask_layers": (8,)}
MOBILE, RESNET = "maskrcnn_mobilenet_v2_fpn", "maskrcnn_resnet18_fpn"
FULL = "maskrcnn_resnet50_fpn"
DAMAGED_FORMAT = "no weights-only checkpoint"


def plan_of(weights: Path | str, arch: str = MOBILE) -> ModelPlan:
    return ModelPlan.model_validate({"arch": arch, "weights": str(weights), **SMALL})


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of torchvision's downloads."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    folder = tmp_path / "hub" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def test_a_classifiers_file_fills_the_trunk(tmp_path: Path) -> None:
    torch.manual_seed(1)
    classifier = mobilenet_v2()
    torch.save(classifier.state_dict(), tmp_path / "m.pth")
    body = pretrained_detector(plan_of(tmp_path / "m.pth"), ("nut",)).detector.model.backbone.body
    assert torch.equal(body["17"].conv[0][0].weight, classifier.features[17].conv[0][0].weight)


def test_imagenet_weights_come_from_torchvisions_cache(hub: Path) -> None:
    torch.manual_seed(1)
    classifier = resnet18()
    url = get_model_weights("resnet18")["IMAGENET1K_V1"].url
    torch.save(classifier.state_dict(), hub / url.rpartition("/")[2])
    body = pretrained_detector(plan_of("IMAGENET1K_V1", RESNET), ("nut",)).detector.model.backbone.body
    assert torch.equal(body.layer4[1].conv2.weight, classifier.layer4[1].conv2.weight)


def test_coco_weights_come_from_torchvisions_cache_with_their_own_epsilon(hub: Path) -> None:
    enum = get_model_weights(FULL)["COCO_V1"]
    plan = ModelPlan.model_validate({"arch": FULL, "weights": "COCO_V1"})
    torch.manual_seed(1)
    model = build_detector(plan, tuple(enum.meta["categories"][1:]), frozen_statistics=True).model
    torch.save(model.state_dict(), hub / enum.url.rpartition("/")[2])
    swapped = pretrained_detector(plan, ("person", "brick"))
    assert swapped.carried == ("person",)
    assert swapped.detector.norm_eps == 0.0
    assert torch.equal(swapped.detector.model.rpn.head.cls_logits.weight, model.rpn.head.cls_logits.weight)


def test_weights_that_torchvision_does_not_have_are_named(hub: Path) -> None:
    with pytest.raises(
        ValueError,
        match="no COCO_V1 weights for maskrcnn_mobilenet_v2_fpn",
    ):
        pretrained_detector(plan_of("COCO_V1"), ("nut",))
    with pytest.raises(ValueError, match="it has IMAGENET1K_V1"):
        pretrained_detector(plan_of("IMAGENET1K_V7"), ("nut",))


def test_a_saved_detector_keeps_the_rows_of_classes_with_the_same_name(tmp_path: Path) -> None:
    torch.manual_seed(1)
    earlier = build_detector(plan_of("none"), ("nut", "bolt"))
    save_detector(earlier, tmp_path / "earlier")
    swapped = pretrained_detector(plan_of(tmp_path / "earlier"), ("bolt", "washer"))
    assert swapped.carried == ("bolt",)
    assert swapped.detector.classes == ("bolt", "washer")
    assert torch.equal(
        swapped.detector.model.roi_heads.box_predictor.cls_score.weight[1],
        earlier.model.roi_heads.box_predictor.cls_score.weight[2],
    )


def test_weights_of_another_architecture_are_refused_by_name(tmp_path: Path) -> None:
    torch.save(mobilenet_v2().state_dict(), tmp_path / "m.pth")
    with pytest.raises(ValueError, match="does not fit maskrcnn_resnet18_fpn"):
        pretrained_detector(plan_of(tmp_path / "m.pth", RESNET), ("nut",))


def test_weights_of_another_width_are_refused_with_the_cure(tmp_path: Path) -> None:
    save_detector(build_detector(plan_of("none"), ("nut",)), tmp_path / "narrow")
    wider = plan_of(tmp_path / "narrow").model_copy(update={"fpn_channels": 16})
    with pytest.raises(ValueError, match="made with fpn_channels: 8: set that"):
        pretrained_detector(wider, ("nut",))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.pth does not exist"):
        pretrained_detector(plan_of(tmp_path / "nowhere.pth"), ("nut",))


def test_a_file_with_code_in_it_is_not_run(tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (Path(tmp_path / "ran"),))  # type: ignore[return-value]

    torch.save({"weights": Payload()}, tmp_path / "bad.pth")
    with pytest.raises(ValueError, match=DAMAGED_FORMAT):
        pretrained_detector(plan_of(tmp_path / "bad.pth"), ("nut",))
    assert not (tmp_path / "ran").exists()


def test_a_damaged_safetensors_file_is_refused(tmp_path: Path) -> None:
    save_detector(build_detector(plan_of("none"), ("nut",)), tmp_path / "d")
    save_file({"a": torch.zeros(1)}, tmp_path / "d" / "weights.safetensors")
    with pytest.raises(ValueError, match="is damaged"):
        pretrained_detector(plan_of(tmp_path / "d" / "weights.safetensors"), ("nut",))


def test_the_embedded_weights_are_the_ones_that_their_manifest_names() -> None:
    manifest = json.loads((EMBEDDED.parent / "manifest.json").read_text())
    assert manifest == {EMBEDDED.name: sha256_of(EMBEDDED)}
    assert EMBEDDED.stat().st_size <= 10_000_000


def test_the_embedded_weights_know_none_of_the_demos_classes() -> None:
    plan = ModelPlan()
    swapped = pretrained_detector(plan, ("circle", "square", "triangle", "star"))
    assert swapped.carried == ()
    assert len(swapped.detector.classes) == 4
