"""The printed head swaps: for every detector that torchvision lists, short, sound Python, with what was asked for."""

import subprocess
import sys
from pathlib import Path

import pytest
from torchvision.models import detection, list_models

from rehead.cli.head_programs import head_program
from rehead.cli.head_swaps import DETECTORS

PROGRAM_LINES, FILE_LINES = 12, 23


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("weights") / "own model.pth"
    file.touch()
    return file


def test_every_detector_of_torchvision_has_its_program() -> None:
    assert list(DETECTORS) == list_models(module=detection)


@pytest.mark.parametrize("arch", DETECTORS)
@pytest.mark.parametrize("weights", ["DEFAULT", "none"])
def test_a_program_is_about_ten_lines_long(arch: str, weights: str) -> None:
    lines = [line for line in head_program(arch, classes=3, weights=weights).splitlines() if line]
    assert len(lines) <= PROGRAM_LINES


@pytest.mark.parametrize("arch", DETECTORS)
def test_a_program_that_loads_a_file_is_hardly_longer(arch: str, stored: Path) -> None:
    lines = [line for line in head_program(arch, classes=3, weights=str(stored)).splitlines() if line]
    assert len(lines) <= FILE_LINES


@pytest.mark.parametrize("command", [["check", "--select", "E,F,I,UP,B,SIM"], ["format", "--check"]])
def test_the_programs_pass_the_linter(command: list[str], stored: Path, tmp_path: Path) -> None:
    tensors = stored.with_suffix(".safetensors")
    tensors.touch()
    for arch in DETECTORS:
        for number, weights in enumerate(("DEFAULT", "none", str(stored), str(tensors))):
            (tmp_path / f"{arch}_{number}.py").write_text(head_program(arch, classes=3, weights=weights))
    points = head_program("keypointrcnn_resnet50_fpn", classes=1, keypoints=5)
    (tmp_path / "points.py").write_text(points)
    ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "--line-length", "120", str(tmp_path)]
    done = subprocess.run(ruff, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("weights", "line"),
    [
        ("DEFAULT", 'model = ssd300_vgg16(weights="DEFAULT")'),
        ("none", "model = ssd300_vgg16(weights=None, weights_backbone=None)"),
    ],
)
def test_the_model_is_built_with_the_weights_asked_for(weights: str, line: str) -> None:
    assert line in head_program("ssd300_vgg16", classes=3, weights=weights).splitlines()


def test_a_checkpoint_is_read_without_running_its_code(stored: Path) -> None:
    assert "weights_only=True" in head_program("ssd300_vgg16", classes=3, weights=str(stored))


def test_a_file_name_with_quotes_stays_one_string(tmp_path: Path) -> None:
    odd = tmp_path / 'a"b\\n.pth'
    odd.touch()
    text = head_program("ssd300_vgg16", classes=3, weights=str(odd))
    line = next(line for line in text.splitlines() if line.startswith("state ="))
    assert eval(line.partition("torch.load(")[2].partition(", map_location")[0]) == str(odd)


@pytest.mark.parametrize("arch", sorted(name for name in DETECTORS if "retinanet" in name or "fcos" in name))
def test_dense_heads_learn_the_new_number_of_classes(arch: str) -> None:
    assert "head.num_classes = classes + 1" in head_program(arch, classes=3)


def test_points_are_replaced_only_on_request() -> None:
    arch = "keypointrcnn_resnet50_fpn"
    counts = [head_program(arch, classes=1, keypoints=number).count("KeypointRCNNPredictor(") for number in (None, 5)]
    assert counts == [0, 1]


@pytest.mark.parametrize(
    ("arch", "near"), [("maskrcnn", "maskrcnn_resnet50_fpn "), ("SSD300", "ssd300_vgg16"), ("yolo", "rehead heads")]
)
def test_an_unknown_name_is_answered_with_the_nearest(arch: str, near: str) -> None:
    with pytest.raises(ValueError, match=near):
        head_program(arch, classes=3)


def test_no_class_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="--classes 0"):
        head_program("ssd300_vgg16", classes=0)


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(ValueError, match="no such file"):
        head_program("ssd300_vgg16", classes=3, weights="COCO_V1")


def test_points_where_there_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="keypointrcnn_resnet50_fpn"):
        head_program("ssd300_vgg16", classes=3, keypoints=5)
