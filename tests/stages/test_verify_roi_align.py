"""The stage as the pipeline runs it: a report and a figure when all is well, a reason when it is not."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rehead.files import read_json
from stages import verify_roi_align
from tests.roi_align.mistakes import ONE_LEVEL_WRONG, clamping_at_the_border, half_a_pixel_off


def run(folder: Path, **given: Any) -> Path:
    (folder / "params.yaml").write_text("roi_align: {boxes: 100, seed: 0}\n", encoding="utf-8")
    report = folder / "roi_align.json"
    verify_roi_align.main(report=report, figure=folder / "shift.png", params=folder / "params.yaml", **given)
    return report


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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("what", ["values", "gradients"])
@pytest.mark.parametrize("place", ["inside", "border"])
def test_the_report_has_the_largest_difference_of_each_kind(good: Path, dtype: str, what: str, place: str) -> None:
    allowed = {"float32": 1e-5, "float64": 1e-12}[dtype]
    assert 0 < read_json(good)["max_abs_diff_by_place"][dtype][what][place] <= allowed


def test_every_implementation_of_the_product_is_judged(good: Path) -> None:
    assert {entry["subject"] for entry in read_json(good)["comparisons"]} == {
        "torchvision's roi_align",
        "torchvision's roi_pool",
        "the vectorised RoIAlign",
        "the RoIAlign pooler",
        "the RoIPool pooler",
        "the exported RoIAlign pooler",
    }


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The stage with another border rule, and with a pooler one level wrong and without the guard: report, message."""
    folder = tmp_path_factory.mktemp("bad")
    with pytest.raises(SystemExit) as stopped:
        run(folder, operator=clamping_at_the_border, pooler=ONE_LEVEL_WRONG)
    return folder / "roi_align.json", str(stopped.value)


@pytest.mark.slow
def test_an_operator_half_a_pixel_off_stops_the_pipeline_with_box_and_cause(tmp_path: Path) -> None:
    cause = r"boxes inside the map, such as 'random box \d+', are read \+0\.5 feature pixels along x and \+0\.5 along y"
    with pytest.raises(SystemExit, match=r"RoIAlign is wrong\n  torchvision's roi_align: " + cause):
        run(tmp_path, operator=half_a_pixel_off)


def test_another_border_rule_stops_the_pipeline_with_box_and_cause(bad: tuple[Path, str]) -> None:
    (line,) = (line for line in bad[1].splitlines() if "border rule" in line)
    assert "every box inside the map is right, boxes at or over its border are wrong, 'larger than the image'" in line


def test_a_pooler_one_level_wrong_stops_the_pipeline_with_box_and_cause(bad: tuple[Path, str]) -> None:
    assert "'64 pixels wide' is read from the level of stride 8 in place of 4" in bad[1]


def test_the_differences_themselves_are_in_the_report(bad: tuple[Path, str]) -> None:
    lines = read_json(bad[0])["faults"]
    assert all(any(part in line for line in lines) for part in ("pooled values differ", ": gradients differ"))


def test_a_pooler_without_the_guard_is_among_the_reasons(bad: tuple[Path, str]) -> None:
    assert any("died of SIGSEGV" in line for line in read_json(bad[0])["faults"])


def test_an_image_size_read_at_a_wrong_scale_is_among_the_reasons(bad: tuple[Path, str]) -> None:
    assert any("images of 16, 17, " in line for line in read_json(bad[0])["faults"])


def test_an_open_guard_is_reported_as_open(bad: tuple[Path, str]) -> None:
    assert read_json(bad[0])["guard"] == "open"


def test_too_few_boxes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("roi_align: {boxes: 5}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"roi_align\.boxes: .*100"):
        verify_roi_align.main(report=tmp_path / "r.json", figure=tmp_path / "f.png", params=tmp_path / "params.yaml")
