"""Charts as specifications: what is drawn, of which rows, and in whose colours."""

from typing import Any

import pytest

from rehead.reporting.chart_style import Spec
from rehead.reporting.charts import MOST_CLASSES, MOST_OBJECTS, draw_charts, plot_areas, plot_by_iou, plot_counts
from tests.reporting.analyses import sample_analysis

NAMES = ("leaf", "stone")


def values(spec: Spec) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = spec["data"]["values"]
    return rows


@pytest.fixture(scope="module")
def charts() -> dict[str, Spec]:
    return draw_charts(sample_analysis(NAMES), NAMES)


def test_an_analysis_gives_six_charts(charts: dict[str, Spec]) -> None:
    assert list(charts) == ["by_iou", "precision", "scores", "calibration", "counting", "areas"]


@pytest.mark.parametrize("part", ["by_iou", "curves", "score_curves", "calibration", "counting", "areas"])
@pytest.mark.parametrize("empty", [None, {}])
def test_a_part_that_is_missing_is_a_chart_less(part: str, empty: Any) -> None:
    assert len(draw_charts(sample_analysis(NAMES) | {part: empty}, NAMES)) == 5


def test_no_analysis_is_no_chart() -> None:
    assert draw_charts({}, NAMES) == {}


def test_every_chart_says_what_it_shows(charts: dict[str, Spec]) -> None:
    assert [len(spec["description"]) > 20 for spec in charts.values()] == [True] * 6


def test_no_chart_names_an_address(charts: dict[str, Spec]) -> None:
    assert "://" not in str(charts)


def test_no_two_series_of_a_chart_differ_in_colour_alone(charts: dict[str, Spec]) -> None:
    looks = {name: charts[name]["usermeta"]["series"] for name in ("precision", "scores")}
    assert looks["precision"] == [
        ["box 50", "var(--box)", "1 0"],
        ["mask 50", "var(--mask)", "1 0"],
        ["box 75", "var(--box)", "6 4"],
        ["mask 75", "var(--mask)", "6 4"],
    ]
    assert len({dash for _, _, dash in looks["scores"]}) == 3


def test_the_heads_are_drawn_at_every_threshold_that_is_defined() -> None:
    rows = values(plot_by_iou({"iou": [0.5, 0.95], "box": [0.9, None], "mask": [0.8, 0.2], "mask_ceiling": None}))
    assert [(row["of"], row["IoU"], row["AP"]) for row in rows] == [
        ("box", 0.5, 0.9),
        ("mask", 0.5, 0.8),
        ("mask", 0.95, 0.2),
    ]


def test_both_heads_of_every_class_have_a_curve_at_both_overlaps(charts: dict[str, Spec]) -> None:
    drawn = [(row["class"], row["of"]) for row in values(charts["precision"])]
    kinds = ("box 50", "mask 50", "box 75", "mask 75")
    assert drawn == [(name, kind) for kind in kinds for name in ("", *NAMES)]


def test_the_curve_of_a_class_is_that_of_the_analysis(charts: dict[str, Spec]) -> None:
    row = next(row for row in values(charts["precision"]) if (row["class"], row["of"]) == ("stone", "mask 75"))
    assert row["precision"] == sample_analysis(NAMES)["curves"]["mask"]["classes"]["stone"]["precision75"]


def test_a_class_that_is_called_all_is_not_the_mean() -> None:
    charts = draw_charts(sample_analysis(["all", "leaf"]), ["all", "leaf"])
    drawn = [[row["class"] for row in values(charts[name])] for name in ("precision", "scores")]
    assert drawn == [["", "all", "leaf"] * 4, ["", "all", "leaf"]]


def test_a_class_without_a_threshold_has_no_line_for_it() -> None:
    analysis = sample_analysis(NAMES) | {"thresholds": {"leaf": None, "stone": 0.4}}
    rule = draw_charts(analysis, NAMES)["scores"]["layer"][2]
    assert rule["data"]["values"] == [{"class": "stone", "at": 0.4}]


def test_of_very_many_classes_the_first_have_curves() -> None:
    names = [f"class {place}" for place in range(MOST_CLASSES + 5)]
    rows = values(draw_charts(sample_analysis(names), names)["scores"])
    assert [row["class"] for row in rows] == ["", *names[:MOST_CLASSES]]


def test_images_with_the_same_counts_share_a_dot() -> None:
    pairs = [(3, 2), (3, 2), (0, 1)]
    images = [{"file_name": f"{at}.png", "true": true, "predicted": got} for at, (true, got) in enumerate(pairs)]
    rows = [(row["there"], row["counted"], row["images"]) for row in values(plot_counts(images))]
    assert rows == [(0, 1, 1), (3, 2, 2)]


def test_an_empty_mask_has_no_place_on_an_axis_of_factors() -> None:
    objects = [{"class": "leaf", "true": 9, "predicted": 0}, {"class": "leaf", "true": 9, "predicted": 8}]
    assert values(plot_areas(objects)) == [objects[1]]


def test_of_very_many_objects_an_even_choice_is_drawn() -> None:
    objects = [{"class": "leaf", "true": 1 + at, "predicted": 1 + at} for at in range(5 * MOST_OBJECTS)]
    assert [row["true"] for row in values(plot_areas(objects))] == list(range(1, 5 * MOST_OBJECTS, 5))


def test_a_bin_without_detections_is_no_dot() -> None:
    bins = [{"score": 0.1, "precision": None, "count": 0}, {"score": 0.9, "precision": 0.8, "count": 4}]
    assert values(draw_charts({"calibration": {"bins": bins}}, ())["calibration"]) == bins[1:]
