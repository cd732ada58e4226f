"""What is told of a warm start: each class, what was left behind, and what is worth a look."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from rehead.coco.plan import TilePlan
from rehead.detector.build import build_detector, tiled
from rehead.detector.checkpoint import save_detector
from rehead.detector.inheritance import Inheritance, fresh_modules, inherit
from rehead.detector.plan import ModelPlan
from rehead.detector.weights import EMBEDDED, pretrained_detector
from rehead.files import sha256_of

FINE = (8, 16, 32, 64, 128)
SMALL = {"input_size": 64, "fpn_channels": 8, "box_head": 8, "mask_layers": (8,)}


def plan_of(weights: Path | str, **more: object) -> ModelPlan:
    return ModelPlan.model_validate({"weights": str(weights), **SMALL, **more})


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model of ours that knows nuts, bolts and hex nuts, and worked by tiles."""
    folder = tmp_path_factory.mktemp("earlier") / "detector"
    torch.manual_seed(1)
    save_detector(tiled(build_detector(plan_of("none"), ("nut", "bolt", "hex nut")), TilePlan(size=128)), folder)
    return folder


@pytest.fixture(scope="module")
def told(earlier: Path) -> Inheritance:
    """What is told of a start from it with other classes."""
    return pretrained_detector(plan_of(earlier), ("bolt", "washer", "Hexnut")).inheritance


def test_each_class_says_where_its_rows_come_from(told: Inheritance) -> None:
    rows = [(row.label, row.name, row.start, row.known_label) for row in told.classes]
    assert rows == [(1, "bolt", "carried", 2), (2, "washer", "mean", None), (3, "Hexnut", "mean", None)]


def test_classes_that_the_dataset_lacks_are_named_as_left_behind(told: Inheritance) -> None:
    assert told.dropped == ("nut", "hex nut")


def test_names_that_differ_in_case_or_blanks_alone_are_told_and_not_matched(told: Inheritance) -> None:
    assert told.lookalikes == (("Hexnut", "hex nut"),)
    assert "'Hexnut' and 'hex nut' of the weights look alike" in told.notes()[0]


def test_the_line_names_source_kept_new_and_left_behind(told: Inheritance, earlier: Path) -> None:
    kept = "heads for 3 classes and background, rows kept for bolt, new are washer, Hexnut"
    assert told.line() == f"from {earlier}: {kept}, left behind are nut, hex nut"


def test_the_hash_is_that_of_the_weights_file(told: Inheritance, earlier: Path) -> None:
    assert told.sha256 == sha256_of(earlier / "weights.safetensors")


def test_what_is_told_is_plain_json(told: Inheritance) -> None:
    assert json.loads(json.dumps(told.as_dict()))["classes"][0]["start"] == "carried"


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        ({"input_size": 96}, {"input_size": {"was": 64, "is": 96}}),
        ({"max_detections": 7}, {"max_detections": {"was": 100, "is": 7}}),
        ({"anchor_sizes": FINE}, {"anchor_sizes": {"was": [16, 32, 64, 128, 256], "is": list(FINE)}}),
        ({"anchor_sizes": (16, 32, 64, 128, 256)}, {}),
    ],
)  # fmt: skip
def test_a_model_of_other_settings_is_a_start_and_the_settings_are_told(
    earlier: Path, more: dict[str, object], changed: dict[str, Any]
) -> None:
    told = pretrained_detector(plan_of(earlier, **more), ("nut",)).inheritance
    assert (told.carried, told.changed) == (("nut",), changed)


def test_another_mask_head_starts_with_the_rows_and_says_what_is_new_in_it(earlier: Path) -> None:
    told = pretrained_detector(plan_of(earlier, mask_head="fcn_56"), ("nut",)).inheritance
    assert told.carried == ("nut",)
    assert told.fresh == ("roi_heads.mask_predictor.finer",)
    assert told.changed == {"mask_head": {"was": "fcn_28", "is": "fcn_56"}}


def test_a_safetensors_file_away_from_its_config_is_a_start_whose_classes_have_no_names(
    earlier: Path, tmp_path: Path
) -> None:
    save_file(load_file(earlier / "weights.safetensors"), tmp_path / "alone.safetensors")
    told = pretrained_detector(plan_of(tmp_path / "alone.safetensors"), ("nut",)).inheritance
    assert (told.carried, told.dropped, told.classes[0].start) == ((), (), "mean")


def test_an_rpn_of_another_number_of_anchors_is_refused_by_name(earlier: Path, tmp_path: Path) -> None:
    state = load_file(earlier / "weights.safetensors")
    state["rpn.head.cls_logits.weight"] = torch.zeros(5, 8, 1, 1)
    save_file(state, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"rpn\.head\.cls_logits\.weight \(\[5, 8, 1, 1\], not \[3, 8, 1, 1\]\)"):
        pretrained_detector(plan_of(tmp_path / "other.safetensors"), ("nut",))


def test_without_weights_everything_is_fresh() -> None:
    told = pretrained_detector(plan_of("none"), ("nut",)).inheritance
    assert (told.fresh, told.classes[0].start, told.sha256) == (("backbone", "rpn", "roi_heads"), "fresh", None)
    assert (told.line(), told.notes()) == ("without weights: heads for 1 classes and background", [])


def test_a_classifiers_trunk_leaves_all_behind_it_fresh(tmp_path: Path) -> None:
    body = build_detector(plan_of("none"), ("nut",)).model.backbone.body
    torch.save({f"features.{name}": value for name, value in body.state_dict().items()}, tmp_path / "m.pth")
    told = pretrained_detector(plan_of(tmp_path / "m.pth"), ("nut",)).inheritance
    assert told.fresh == ("backbone.fpn", "rpn", "roi_heads")
    assert told.sha256 == sha256_of(tmp_path / "m.pth")


def test_a_module_without_a_counter_of_batches_is_not_fresh() -> None:
    norm = torch.nn.Sequential(torch.nn.BatchNorm2d(2), torch.nn.Conv2d(2, 2, 1))
    known = {"0.weight", "0.bias", "0.running_mean", "0.running_var"}
    assert list(fresh_modules(norm, known)) == ["1"]


def test_a_name_that_the_weights_have_twice_keeps_its_first_rows() -> None:
    told = inherit(plan_of("w"), ("nut",), known=("nut", "nut"))
    assert told.classes[0].known_label == 1


def test_the_packaged_weights_are_named_with_their_hash() -> None:
    told = pretrained_detector(ModelPlan(), ("circle",)).inheritance
    assert (told.source, told.sha256, told.fresh) == ("rehead_shapes", sha256_of(EMBEDDED), ())
