"""Settings of a package: old and new ones, and which threshold holds for a class."""

from pathlib import Path

import pytest

from rehead.evaluation.plan import ViewPlan
from rehead.files import write_json
from rehead.serving.settings import Settings, read_settings


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    settings = Settings(0.4, 1000, {"nut": 0.7}, ViewPlan(flip_vertical=True, scales=(1.0, 1.5)))
    write_json(tmp_path / "serving.json", settings.as_dict())
    assert read_settings(tmp_path / "serving.json") == settings


def test_a_package_from_before_there_were_thresholds_keeps_its_one(tmp_path: Path) -> None:
    write_json(tmp_path / "serving.json", {"score_threshold": 0.6, "max_pixels": 1000})
    assert read_settings(tmp_path / "serving.json") == Settings(0.6, 1000)


def test_without_thresholds_the_file_is_what_it_was_before_there_were_any() -> None:
    assert Settings(0.6, 1000).as_dict() == {"score_threshold": 0.6, "max_pixels": 1000}


def test_a_class_has_its_own_threshold_or_the_common_one_or_the_one_wished_for() -> None:
    settings = Settings(0.6, thresholds={"nut": 0.7})
    assert settings.least(["seed", "nut"]) == [0.6, 0.7]
    assert settings.least(["seed", "nut"], 0.2) == [0.2, 0.2]


def test_views_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "serving.json", {"augment": {"scales": [9.0]}})
    with pytest.raises(ValueError, match="different factors"):
        read_settings(tmp_path / "serving.json")
