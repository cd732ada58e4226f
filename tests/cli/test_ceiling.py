import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rehead.cli.app import app
from tests.cli.squares import write_squares


def ceiling(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["ceiling", *(str(argument) for argument in arguments)])


@pytest.fixture
def bricks(tmp_path: Path) -> Path:
    """A COCO folder of squares of 60 px in a training and a validation split."""
    write_squares(tmp_path / "train.json", images=3, name="t{}.jpg".format)
    return write_squares(tmp_path / "val.json", images=2).parent


def test_a_folder_s_split_is_scored_and_explained_in_a_sentence(bricks: Path) -> None:
    result = ceiling(bricks, "--resolutions", "28,56")
    assert (result.exit_code, "6 objects (0 small, 6 medium, 0 large), of 2 images" in result.stdout) == (0, True)
    assert result.stdout.splitlines()[-1].startswith("Going from 28 to 56 ")


def test_another_split_is_taken_where_it_is_named(bricks: Path) -> None:
    assert "9 objects" in ceiling(bricks, "--split", "train", "--resolutions", "28").stdout


def test_json_holds_scores_and_what_they_are_of(bricks: Path) -> None:
    told = json.loads(ceiling(bricks / "val.json", "--resolutions", "56,28", "--input-size", 240, "--json").stdout)
    assert [one["resolution"] for one in told["by_resolution"]] == [28, 56]
    assert (told["input_size"], told["dataset"]["annotations"], len(told["dataset"]["sha256"])) == (240, 6, 64)


def test_a_truth_with_a_fault_is_rejected(tmp_path: Path) -> None:
    path = write_squares(tmp_path / "val.json", change=lambda d: d["annotations"][0].update(category_id=99))
    result = ceiling(path)
    assert (result.exit_code, "is rejected" in str(result.exception)) == (1, True)


def test_a_split_that_is_not_there_is_refused_with_those_that_are(bricks: Path) -> None:
    result = ceiling(bricks, "--split", "test")
    assert (result.exit_code, "no split 'test', but train, val" in str(result.exception)) == (1, True)


@pytest.mark.parametrize("text", ["", "28,x", "1", "1000"])
def test_resolutions_that_are_none_are_wrong_usage(bricks: Path, text: str) -> None:
    assert ceiling(bricks, "--resolutions", text).exit_code == 2
