"""All sections of params.yaml are checked at once, without torch."""

from pathlib import Path

import pytest

from rehead.cli.sections import check_sections


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "model: {weights: COCO_V1}",
            "model.weights: torchvision has no COCO_V1 weights for maskrcnn_mobilenet_v2",
        ),
        ("model: {arch: maskrcnn_resnet18_fpn}", "model.weights: rehead_shapes fit maskrcnn_mobilenet_v2_fpn alone;"),
        ("data: {shapes: {kinds: [circle, blob]}}", "data.shapes.kinds: name one or more of circle, square,"),
        ("data: {shapes: {kinds: []}}", "data.shapes.kinds: name one or more of"),
        ("data: {shapes: {kinds: [star, star]}}", "data.shapes.kinds: name one or more of"),
        (
            "train: {augment: {flip_horizontal: true}}",
            "train.augment.flip_horizontal: Input should be a number",
        ),
        ("roi_align: {boxes: '200'}", "roi_align.boxes: Input should be a number, without quotation marks"),
    ],
)
def test_what_a_later_stage_would_refuse_is_a_fault_now(text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(text)
    (found,) = check_sections(tmp_path / "params.yaml")
    assert found.startswith(fault)
