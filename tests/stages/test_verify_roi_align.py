"""The stage as the pipeline runs it: a report and a figure when all is well, a reason when it is not."""

import importlib.util
import json
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image
from torch import Tensor
from torchvision.ops import MultiScaleRoIAlign, roi_align

SCRIPT = Path(__file__).parents[2] / "stages" / "verify_roi_align.py"


def load_stage() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_roi_align", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(folder: Path, **given: object) -> Path:
    (folder / "params.yaml").write_text("roi_align: {boxes: 100, seed: 0}\n", encoding="utf-8")
    report = folder / "roi_align.json"
    load_stage().main(report=report, figure=folder / "shift.png", params=folder / "params.yaml", **given)
    return report


def half_a_pixel_off(features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    return roi_align(features, rois + torch.tensor([0, 2, 2, 2, 2]), size, scale, samples, aligned)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("good"))


def test_the_report_states_the_agreement(good: Path) -> None:
    numbers = json.loads(good.read_text())
    assert numbers["boxes"] >= 100
    assert numbers["max_abs_diff"] <= 1e-5
    assert numbers["max_abs_diff_float64"] <= 1e-12
    assert (numbers["agrees"], numbers["guard"], numbers["faults"]) == (True, "guarded", [])


def test_the_report_measures_the_misalignment(good: Path) -> None:
    numbers = json.loads(good.read_text())
    assert 20 < numbers["roi_pool_max_shift_px"] < 64
    assert [entry["stride"] for entry in numbers["roi_pool_shift_by_stride"]] == [4, 8, 16, 32]


def test_the_figure_is_a_picture_wide_enough_to_read(good: Path) -> None:
    with Image.open(good.with_name("shift.png")) as figure:
        assert figure.width >= 1200


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    with pytest.raises(SystemExit):
        run(folder, pooler=partial(MultiScaleRoIAlign, canonical_level=5))
    return folder / "roi_align.json"


def test_an_operator_half_a_pixel_off_stops_the_pipeline_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"RoIAlign is wrong\n.* differ from the slow reference by 0"):
        run(tmp_path, operator=half_a_pixel_off)


def test_a_pooler_one_level_wrong_is_among_the_reasons(bad: Path) -> None:
    assert any("pooled values differ" in line for line in json.loads(bad.read_text())["faults"])


def test_a_pooler_without_the_guard_is_among_the_reasons(bad: Path) -> None:
    assert any("died of SIGSEGV" in line for line in json.loads(bad.read_text())["faults"])


def test_an_image_size_read_at_a_wrong_scale_is_among_the_reasons(bad: Path) -> None:
    assert any("images of 16, 17, " in line for line in json.loads(bad.read_text())["faults"])


def test_an_open_guard_is_reported_as_open(bad: Path) -> None:
    assert json.loads(bad.read_text())["guard"] == "open"


def test_too_few_boxes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("roi_align: {boxes: 5}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"roi_align\.boxes: .*100"):
        load_stage().main(report=tmp_path / "r.json", figure=tmp_path / "f.png", params=tmp_path / "params.yaml")
