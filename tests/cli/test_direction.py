"""`rehead route` and `rehead guide` at the keyboard."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from rehead.cli.app import app
from rehead.cli.plans import Plans
from tests.cli.squares import write_squares

FLAGS = ("--objects", "class", "--stuff", "no", "--want", "speed")


def rehead(*arguments: object, answers: str = "") -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=answers)


def record(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(rehead("route", *arguments, "--json").stdout)
    return found


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    return write_squares(tmp_path / "squares.json")


def test_flags_are_answered_without_a_question() -> None:
    result = rehead("route", *FLAGS)
    first = result.stdout.splitlines()[0]
    assert (result.exit_code, first) == (
        0,
        "semantic segmentation: start with lraspp_mobilenet_v3_large (torchvision; weights "
        "LRASPP_MobileNet_V3_Large_Weights.COCO_WITH_VOC_LABELS_V1)",
    )


def test_enter_takes_what_is_proposed() -> None:
    assert rehead("route", answers="\n\n\n").stdout.splitlines()[0] == (
        "instance segmentation: start with maskrcnn_resnet50_fpn_v2 (rehead; weights COCO_V1)"
    )


def test_a_beginning_will_do_and_what_is_no_answer_is_asked_again() -> None:
    result = rehead("route", answers="c\nperhaps\ny\nborders\n")
    assert result.stdout.startswith("semantic segmentation: start with Unet")
    assert "'perhaps' is none of yes, no" in result.stderr


def test_answers_can_be_redirected_without_the_questions() -> None:
    result = rehead("route", answers="\n\n\n")
    assert ("Must stuff" in result.stderr, "Must stuff" in result.stdout) == (True, False)


def test_a_dataset_answers_without_a_question(squares: Path) -> None:
    found = record(squares)
    assert (found["task"], set(found["answered_by"].values())) == ("instance", {"data"})
    assert found["evidence"]["outlines"]["touching"] == 1.0


def test_a_dataset_proposes_answers_where_questions_are_wanted(squares: Path) -> None:
    assert rehead("route", squares, "-i", answers="\n\ns\n").stdout.startswith(
        "instance segmentation: start with maskrcnn_mobilenet_v2_fpn"
    )


def test_a_flag_against_the_data_is_followed_and_told(squares: Path) -> None:
    result = rehead("route", squares, "--objects", "class")
    assert result.stdout.startswith("semantic")
    assert result.stderr.startswith("note: you said objects class, the data says each: 100 % of the objects touch")


def test_the_python_lines_have_as_many_classes_as_the_dataset(squares: Path) -> None:
    assert "CLASSES = 2  # yours, and one for the rest" in record(squares, "--objects", "class")["code"]


def test_the_lines_for_params_yaml_are_valid_parameters(squares: Path) -> None:
    lines = rehead("route", squares).stdout.splitlines()
    first = lines.index("for params.yaml") + 1
    block = YAML(typ="safe", pure=True).load("\n".join(lines[first : lines.index("", first)]))
    plans = Plans()
    for section, values in block.items():
        for key, value in values.items():
            plans = plans.with_value(section, key, value)
    assert (plans.model.weights, plans.model.input_size) == ("COCO_V1", 480)


def test_commands_name_the_dataset(squares: Path) -> None:
    assert f"rehead check {squares}" in record(squares)["next"]


def test_nothing_to_go_by_is_an_error_that_names_the_flags() -> None:
    result = rehead("route", "--json", "--stuff", "no")
    assert "give --objects, --want, or the path of a dataset" in str(result.exception)


def test_an_end_of_the_answers_ends_the_command() -> None:
    result = rehead("route", answers="\n")
    assert (result.exit_code, result.stdout) == (1, "")


def test_a_route_by_flags_reads_no_yaml_and_loads_no_torch() -> None:
    program = (
        "import sys; from rehead.cli.app import app; app(sys.argv[1:], standalone_mode=False); "
        "print([m for m in ('torch', 'ruamel.yaml', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, "route", *FLAGS], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
