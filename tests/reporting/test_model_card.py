"""The model card."""

from pathlib import Path
from typing import Any

import pytest

from rehead.reporting.model_card import write_model_card


@pytest.fixture
def card(evaluation: dict[str, Any], tmp_path: Path) -> str:
    facts = {"name": "fruit", "version": "3", "alias": "champion", "because": "first", "git_commit": "c0ffee"}
    training = {"best_epoch": 2, "plan": {"lr": 0.001}, "weights_sha256": "ab" * 32}
    write_model_card(tmp_path / "card.md", {**facts, "evaluation": evaluation, "training": training})
    return (tmp_path / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    ["5f" * 32, "# fruit, version 3", "| mask | 0.646 |", "| `lr` | 0.001 |", "models:/fruit@champion", "c0ffee"],
)
def test_the_card_shows(card: str, text: str) -> None:
    assert text in card


def test_a_class_name_with_markup_is_shown_as_text(card: str) -> None:
    assert "<b>" not in card
    assert "&lt;b>bold&lt;/b>" in card


def test_an_undefined_score_is_a_dash(card: str) -> None:
    assert "| &lt;b>bold&lt;/b> | 0 | – | – |" in card


def test_classes_judged_on_few_objects_are_named_as_a_limit(card: str) -> None:
    assert "hardly known: circle (2)" in card


def test_a_missing_interval_is_told_with_its_reason(evaluation: dict[str, Any], tmp_path: Path) -> None:
    few = evaluation | {"intervals": {"mask": {"AP": None}, "doubts": ["1 image holds objects."]}}
    write_model_card(tmp_path / "card.md", {"evaluation": few})
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "\n\n1 image holds objects.\n\n| class" in text
    assert "% interval" not in text


def test_a_pipe_in_a_class_name_does_not_break_the_table(evaluation: dict[str, Any], tmp_path: Path) -> None:
    named = evaluation | {"per_class": {"a|b": evaluation["per_class"]["circle"]}}
    write_model_card(tmp_path / "card.md", {"evaluation": named})
    assert "| a\\|b | 2 |" in (tmp_path / "card.md").read_text(encoding="utf-8")


def test_a_model_that_works_by_tiles_says_so(evaluation: dict[str, Any], tmp_path: Path) -> None:
    tiled = evaluation | {"tile": {"size": 640, "overlap": 0.3}}
    write_model_card(tmp_path / "card.md", {"evaluation": tiled, "model": {"input_size": 320}})
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "a side above 640 pixels are cut into tiles of that size, which share 30 %" in text
    assert "shorter side" not in text


def test_the_evaluation_alone_makes_a_card(evaluation: dict[str, Any], tmp_path: Path) -> None:
    write_model_card(tmp_path / "card.md", {"evaluation": evaluation})
    assert (tmp_path / "card.md").read_text(encoding="utf-8").startswith("# rehead\n")


@pytest.mark.parametrize(
    ("rule", "serving", "words"),
    [
        (0.5, {"score_threshold": 0.5, "thresholds": {"circle": 0.5}}, "are reported from a score of 0.5 on.\n"),
        ("f1", {"score_threshold": 0.3}, "are reported from a score of 0.3 on.\n"),
        ("f1", {}, "Choose a threshold on images of your own."),
    ],
)
def test_a_score_that_somebody_named_is_not_told_as_chosen(
    evaluation: dict[str, Any], tmp_path: Path, rule: Any, serving: dict[str, Any], words: str
) -> None:
    ruled = evaluation | {"thresholds": {"on": "val", "rule": rule}}
    write_model_card(tmp_path / "card.md", {"evaluation": ruled, "serving": serving})
    card = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert (words in card, "chosen on" in card) == (True, False)


def test_a_card_of_validation_scores_says_so(evaluation: dict[str, Any], tmp_path: Path) -> None:
    same = evaluation | {"dataset": evaluation["dataset"] | {"same_as": "val"}}
    write_model_card(tmp_path / "card.md", {"evaluation": same})
    card = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "objects of the `val` split" in card
    assert "These images also chose the epoch: expect less on new ones." in card


def test_the_card_names_the_scores_from_which_each_class_is_reported(
    evaluation: dict[str, Any], tmp_path: Path
) -> None:
    serving = {"thresholds": {"triangle": 0.614, "circle": 0.5}, "augment": {"flip_horizontal": True}}
    write_model_card(tmp_path / "card.md", {"evaluation": evaluation, "serving": serving})
    card = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "chosen on the val split: circle 0.5, triangle 0.61." in card
    assert "several views" in card
