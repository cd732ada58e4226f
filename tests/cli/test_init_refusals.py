"""What `rehead init` cannot use it refuses in one line, and leaves both files as they were."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehead.files import write_json
from tests.cli.initialised import PARAMS, refusal
from tests.cli.squares import write_squares


@pytest.mark.parametrize(
    ("write", "told"),
    [
        pytest.param(lambda path: None, "does not exist", id="a broken path"),
        pytest.param(lambda path: path.mkdir(), "no", id="a folder without annotations"),
        pytest.param(
            lambda path: write_json(path, [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1.0}]),
            "rehead score",
            id="results",
        ),
        pytest.param(lambda path: write_json(path, []), "rejected by 1 fault(s): 1 top-level", id="an empty list"),
        pytest.param(lambda path: path.write_text(""), "json-empty", id="an empty file"),
        pytest.param(
            lambda path: write_squares(path, objects=0), "rejected by 1 fault(s): 1 annotations-none", id="no objects"
        ),
    ],
)
def test_a_path_that_holds_no_dataset_is_told_in_one_line(
    project: Path, write: Callable[[Path], object], told: str
) -> None:
    write(Path("given.json"))
    line = refusal("given.json")
    assert (told in line, "given.json" in line, line.count("\n")) == (True, True, 0)


def test_a_rejected_dataset_is_counted_by_kind_and_sent_to_check(project: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["annotations"][0]["image_id"] = document["annotations"][1]["image_id"] = 99
        document["annotations"][2]["segmentation"] = [[1, 2]]

    write_squares(Path("a.json"), change=change)
    line = refusal("a.json")
    assert "rejected by 3 fault(s): 2 image-unknown, 1 polygon-points" in line
    assert "`rehead check a.json`" in line


@pytest.mark.parametrize(("file", "other"), [("params.yaml", "dvc.yaml"), ("dvc.yaml", "params.yaml")])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_read(project: Path, file: str, other: str) -> None:
    Path(file).unlink()
    Path(file).mkdir()
    assert f"{file} cannot be written" in refusal("nowhere")


def test_params_that_are_broken_already_are_told_and_kept(bricks: Path) -> None:
    PARAMS.write_text("train: {lr: quick}\n")
    assert "train.lr" in refusal(bricks)
