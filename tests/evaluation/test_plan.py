"""The `evaluate` section: what a threshold and the views of an image may be, and how a wrong one is refused."""

from pathlib import Path

import pytest

from rehead.evaluation.plan import EvaluationPlan, ViewPlan
from rehead.params import ParamsError, read_params


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "params.yaml"


def read(path: Path, fields: str) -> EvaluationPlan:
    path.write_text(f"evaluate: {{{fields}}}\n")
    return read_params("evaluate", EvaluationPlan, path=path)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("f1", "f1"),
        ("0.5", 0.5),
        ("1", 1.0),
        ("{precision: 0.9}", {"precision": 0.9}),
        ("{recall: 0.95}", {"recall": 0.95}),
    ],
)
def test_a_threshold_is_chosen_by_f1_by_a_wanted_share_or_is_a_score(path: Path, text: str, rule: object) -> None:
    assert read(path, f"threshold: {text}").threshold == rule


@pytest.mark.parametrize(
    "text", ["f2", "1.5", "true", "{precision: 90}", "{precision: 0.9, recall: 0.9}", "{f1: 0.5}", "[0.5]", "null"]
)
def test_any_other_threshold_is_refused_with_what_may_be_given(path: Path, text: str) -> None:
    with pytest.raises(ParamsError, match=r"evaluate\.threshold: give f1, a score from 0 to 1, \{precision: 0\.9\} or"):
        read(path, f"threshold: {text}")


@pytest.mark.parametrize("fields", ["", "augment: off", "augment: null", "augment: false"])
def test_no_further_views_are_looked_at_unless_asked_for(path: Path, fields: str) -> None:
    assert read(path, fields).augment is None


def test_views_are_every_turn_at_every_scale_the_plain_one_first(path: Path) -> None:
    views = read(path, "augment: {flip_horizontal: true, scales: [0.8, 1.0, 1.25]}").augment
    assert isinstance(views, ViewPlan)
    assert (views.count, views.scales) == (6, (1.0, 0.8, 1.25))
    assert views.name == "6 views (mirrored, scales 0.8, 1, 1.25)"
    assert views.pixels == pytest.approx(2 * (0.64 + 1 + 1.5625))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{}", r"evaluate\.augment: these are 1 views of an image: name 2 to 24, or off"),
        ("{scales: [0.8, 1.25]}", r"evaluate\.augment\.scales: give different factors .* with 1\.0 among them"),
        ("{scales: [1.0, 9.0]}", r"evaluate\.augment\.scales: give different factors from 0\.25 to 4"),
        ("{scales: [1.0, 2.0, 2.0]}", r"evaluate\.augment\.scales: give different factors"),
        ("{flip_horizontl: true}", r"evaluate\.augment\.flip_horizontl: no such parameter; did you mean 'flip_horizo"),
        ("flips", r"evaluate\.augment: Input should be parameters with their values"),
    ],
)
def test_views_that_make_no_sense_are_refused(path: Path, text: str, fault: str) -> None:
    with pytest.raises(ParamsError, match=fault):
        read(path, f"augment: {text}")
