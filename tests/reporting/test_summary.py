"""The evaluation as a page of Markdown."""

from pathlib import Path
from typing import Any

import pytest

from rehead.reporting.summary import write_summary
from tests.reporting.analyses import sample_analysis, sample_evaluation

NAMES = ("leaf", "<b>ripe|berry</b>")


def summary(folder: Path, **parts: Any) -> str:
    write_summary(folder / "summary.md", **{"evaluation": sample_evaluation(NAMES)} | parts)
    return (folder / "summary.md").read_text(encoding="utf-8")


@pytest.fixture
def whole(tmp_path: Path) -> str:
    return summary(tmp_path, analysis=sample_analysis(NAMES), lineage={"git.commit": "c0ffee"})


@pytest.mark.parametrize(
    "line",
    [
        "## rehead: box AP 0.720, mask AP 0.650, boundary AP 0.580",
        "**A perfect mask head would win more (at most 0.128 mask AP) than perfect detection (0.110).**",
        "| mask | 0.650 | 0.619 to 0.678 | 0.830 | 0.700 | 0.350 | 0.630 | – |",
        "| error | box AP50 lost, over all scores | box seen at the thresholds "
        "| mask AP50 lost, over all scores | mask seen at the thresholds |",
        "1. **Add images of leaf**: its mask AP is 0.31 on 12 objects",
        "| leaf | 12 | 0.400 | 0.330 | 0.260 | 0.460 | 0.350 |",
        f"| data | test split, {'5f' * 32} |",
        "| git.commit | c0ffee |",
    ],
)
def test_the_summary_has_the_line(whole: str, line: str) -> None:
    assert line in whole.splitlines()


def test_the_costliest_error_comes_first(whole: str) -> None:
    kinds = [line.split(" | ")[0] for line in whole.split("### Kinds of error")[1].splitlines() if "0.0" in line]
    assert kinds[:2] == ["| missed", "| localisation"]


def test_every_table_row_has_as_many_cells_as_its_heading(whole: str) -> None:
    widths = [{line.replace("\\|", "").count("|") for line in block.splitlines()} for block in tables(whole)]
    assert [len(one) for one in widths] == [1, 1, 1, 1]


def tables(text: str) -> list[str]:
    return [block for block in text.split("\n\n") if block.startswith("|")]


def test_a_class_name_cannot_break_the_table(whole: str) -> None:
    assert "| &lt;b>ripe\\|berry&lt;/b> |" in whole


def test_of_many_classes_the_weakest_are_told(tmp_path: Path) -> None:
    many = summary(tmp_path, evaluation=sample_evaluation([f"class {i:02d}" for i in range(30)]))
    assert ("class 19" in many, "class 20" in many, "10 more classes stand in the report." in many) == (
        True,
        False,
        True,
    )


def test_without_an_analysis_there_is_no_advice(tmp_path: Path) -> None:
    assert "What to do next" not in summary(tmp_path)


def test_scores_alone_are_enough(tmp_path: Path) -> None:
    scores = {key: sample_evaluation(NAMES)[key] for key in ("box", "mask", "dataset")}
    assert summary(tmp_path, evaluation=scores).startswith("## rehead: box AP 0.720, mask AP 0.650\n")


def test_scores_of_validation_images_are_told_as_such(tmp_path: Path) -> None:
    evaluation = sample_evaluation(NAMES)
    told = summary(tmp_path, evaluation=evaluation | {"dataset": evaluation["dataset"] | {"same_as": "val"}})
    assert "with 612 objects of the validation split, which also chose the epoch: expect less on new ones." in told
    assert "| data | val split," in told


def test_crowd_regions_are_no_objects(tmp_path: Path) -> None:
    evaluation = sample_evaluation(NAMES)
    told = summary(tmp_path, evaluation=evaluation | {"dataset": evaluation["dataset"] | {"crowd_regions": 12}})
    assert "images with 600 objects." in told


def test_what_weakens_the_intervals_is_told_below_them(tmp_path: Path) -> None:
    evaluation = sample_evaluation(NAMES)
    doubtful = evaluation["intervals"] | {"confidence": 0.999, "doubts": ["Few images hold <b>."]}
    told = summary(tmp_path, evaluation=evaluation | {"intervals": doubtful})
    assert "| 99.9 % interval |" in told
    assert "\n\nFew images hold &lt;b>.\n\nOn 40 images" in told
