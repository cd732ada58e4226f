"""The start that a route names is fitted to a dataset, by the advisers of `rehead init`."""

from pathlib import Path
from typing import Any

from rehead.cli.memory import Memory
from rehead.cli.reading import read_unseen
from rehead.cli.routing.answers import Want
from rehead.cli.routing.settings import fitted
from rehead.cli.routing.starts import STARTS, Setting
from rehead.coco.plan import DataPlan
from tests.cli.squares import write_squares

GIB = 1 << 30


def settings(tmp_path: Path, want: Want, *, gpu: bool = True, **squares: Any) -> dict[str, Setting]:
    splits = read_unseen(write_squares(tmp_path / "a.json", **squares), DataPlan()).splits
    found = fitted(STARTS["instance", want], splits, Memory(16 * GIB, gpu=gpu))
    return {setting.name: setting for setting in found}


def test_what_the_route_chose_stays_and_comes_first(tmp_path: Path) -> None:
    found = settings(tmp_path, Want.BORDERS)
    first = {name: setting.value for name, setting in list(found.items())[:4] if name != "model.input_size"}
    assert first == {
        "model.arch": "maskrcnn_resnet50_fpn_v2",
        "model.weights": "COCO_V1",
        "model.mask_head": "fcn_56",
    }


def test_weights_of_photographs_see_all_that_the_images_have(tmp_path: Path) -> None:
    assert settings(tmp_path, Want.ACCURACY, size=(640, 480))["model.input_size"].value == 480


def test_they_see_no_more_than_they_were_trained_at(tmp_path: Path) -> None:
    assert settings(tmp_path, Want.ACCURACY, size=(2000, 1500))["model.input_size"].value == 800


def test_for_speed_the_network_sees_the_least_that_shows_the_objects(tmp_path: Path) -> None:
    assert settings(tmp_path, Want.SPEED, size=(640, 480))["model.input_size"].value == 160


def test_few_images_freeze_the_trunk_and_say_so(tmp_path: Path) -> None:
    setting = settings(tmp_path, Want.ACCURACY)["train.freeze"]
    assert (setting.value, "images are few" in setting.because) == ("backbone", True)


def test_without_a_gpu_the_large_model_is_told_to_be_slow(tmp_path: Path) -> None:
    told = [
        "without a GPU" in settings(tmp_path, Want.ACCURACY, gpu=gpu)["model.arch"].because for gpu in (True, False)
    ]
    assert told == [False, True]


def test_values_that_mean_none_are_left_out(tmp_path: Path) -> None:
    assert "data.tile" not in settings(tmp_path, Want.ACCURACY)
