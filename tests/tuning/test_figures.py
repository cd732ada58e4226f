"""Pictures of a study."""

from pathlib import Path

import pytest
from PIL import Image

from rehead.tuning.figures import draw_study
from tests.tuning.toy import Opening, by_trial, rising, tried


@pytest.mark.parametrize("trials", [1, 6])
def test_a_study_of_any_length_has_both_pictures(opening: Opening, tmp_path: Path, trials: int) -> None:
    result = tried(opening, trials, rising)
    draw_study(opening(), result, tmp_path)
    for name in ("history.png", "importance.png"):
        with Image.open(tmp_path / name) as picture:
            assert picture.width > 600


def test_trials_that_ended_early_are_drawn_too(opening: Opening, tmp_path: Path) -> None:
    good, bad = (0.5, 0.6, 0.7), (0.1, 0.1, 0.1)
    result = tried(opening, 6, by_trial(good, good, FloatingPointError("nan"), MemoryError(), good, bad))
    draw_study(opening(), result, tmp_path)
    assert {record.state for record in result.history} == {"complete", "pruned", "fail"}
    assert (tmp_path / "history.png").stat().st_size > 10_000
