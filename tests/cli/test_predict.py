"""The verb `predict`: which files it takes, what it writes, and how it ends."""

import _thread
import json
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rehead.cli.app import app
from rehead.detector.build import Detector
from rehead.detector.checkpoint import save_detector
from tests.cli.untrained import draw_noise, untrained_detector


@pytest.fixture(scope="module")
def detector() -> Detector:
    return untrained_detector()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return draw_noise(tmp_path)


def test_the_verb_writes_coco_results_for_a_folder_of_pictures(
    detector: Detector, picture: Path, tmp_path: Path
) -> None:
    save_detector(detector, tmp_path / "model")
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["predict", str(tmp_path / "model"), str(picture.parent), "--out", str(out)])
    assert (result.exit_code, json.loads((out / "images.json").read_text())["images"][0]["file_name"]) == (
        0,
        str(picture),
    )


def test_an_unreadable_picture_makes_the_verb_exit_with_one(detector: Detector, tmp_path: Path) -> None:
    save_detector(detector, tmp_path / "model")
    (tmp_path / "notes.png").write_text("no picture")
    arguments = ["predict", str(tmp_path / "model"), str(tmp_path / "notes.png"), "--out", str(tmp_path / "out")]
    assert CliRunner().invoke(app, arguments).exit_code == 1


def test_the_files_of_a_folder_that_are_no_images_are_counted(
    detector: Detector, picture: Path, tmp_path: Path
) -> None:
    save_detector(detector, tmp_path / "model")
    (tmp_path / "pictures" / "more").mkdir(parents=True)
    picture.rename(tmp_path / "pictures" / "nuts.PNG")
    for name in ("notes.txt", "labels.json"):
        (tmp_path / "pictures" / name).write_text("")
    arguments = ["predict", str(tmp_path / "model"), str(tmp_path / "pictures"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (0, "skipped 2 files that are no images")


def test_an_interrupted_verb_writes_what_is_done_and_exits_with_130(
    detector: Detector, picture: Path, tmp_path: Path
) -> None:
    save_detector(detector, tmp_path / "model")
    out, ended = tmp_path / "out", threading.Event()

    def interrupt() -> None:
        while not ended.wait(0.01):
            if (out / "0002-nuts.png").exists():
                return _thread.interrupt_main()

    watch = threading.Thread(target=interrupt)
    watch.start()
    try:
        arguments = ["predict", str(tmp_path / "model"), *[str(picture)] * 300, "--out", str(out)]
        result = CliRunner().invoke(app, arguments)
    finally:
        ended.set()
        watch.join()
    done = json.loads((out / "images.json").read_text())["images"]
    assert result.exit_code == 130
    assert 2 <= len(done) < 300
    assert {item["image_id"] for item in json.loads((out / "predictions.json").read_text())} <= {i["id"] for i in done}
    assert f"in {len(done)} images, the first of 300" in result.stdout
