from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from rehead.cli.app import app
from rehead.cli.variety import epochs_shown, varied_by
from rehead.dataset.plan import AugmentPlan
from rehead.training.plan import TrainPlan


def augment(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["augment", *(str(argument) for argument in arguments)])


@pytest.fixture
def ingested(project: Path, dataset: Path) -> Path:
    """Give the project folder the drawn dataset, and colours that vary."""
    (project / "data").mkdir()
    (project / "data/dataset").symlink_to(dataset)
    (project / "params.yaml").write_text("train: {epochs: 5, augment: {brightness: 0.5, strong_until: 0.5}}\n")
    return project


def test_the_sheet_shows_images_as_they_are_and_as_epochs_see_them(ingested: Path) -> None:
    result = augment("--images", 2, "--out", "sheets/a.png")
    assert result.exit_code == 0, result.output
    assert "2 training images as they are, and in epochs 1, 2, 3, 5 of 5" in result.stdout
    with Image.open("sheets/a.png") as sheet:
        columns = np.array_split(np.array(sheet, dtype=float)[50:300], 5, axis=1)
    assert abs(columns[0].mean() - columns[1].mean()) > 1  # brightness differs in a strong epoch
    assert abs(columns[0].mean() - columns[4].mean()) < 1  # and not in the last


def test_without_a_dataset_it_says_what_to_run(project: Path) -> None:
    result = augment()
    assert (result.exit_code, "dvc repro ingest" in str(result.exception)) == (1, True)


def test_what_is_on_is_told_in_a_line() -> None:
    told = varied_by(AugmentPlan(scale=(0.5, 2.0), crop=0.3))
    assert told.startswith("flip_horizontal 0.5, scale [0.5, 2.0], crop 0.3; after 80% of the epochs")
    assert varied_by(AugmentPlan(flip_horizontal=0.0)) == "nothing is varied"


@pytest.mark.parametrize(("epochs", "shown"), [(1, [1]), (3, [1, 2, 3]), (20, [1, 2, 3, 20])])
def test_short_trainings_are_shown_whole(epochs: int, shown: list[int]) -> None:
    assert epochs_shown(TrainPlan(epochs=epochs)) == shown
