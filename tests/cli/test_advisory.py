"""`rehead heads` prints programs to standard output and everything else to standard error."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner, Result

from rehead.cli.advisory import tried
from rehead.cli.app import app
from rehead.cli.head_programs import head_program
from rehead.cli.head_swaps import DETECTORS

SSDLITE = "ssdlite320_mobilenet_v3_large"


def heads(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["heads", *arguments])


def test_standard_output_is_the_program_alone() -> None:
    result = heads("--arch", SSDLITE, "--classes", "3", "--weights", "none")
    assert result.stdout == head_program(SSDLITE, classes=3, weights="none")


def test_what_to_mind_in_training_is_on_standard_error() -> None:
    assert "two images a batch" in heads("--arch", SSDLITE, "--classes", "3").stderr


def test_without_a_name_all_detectors_are_listed() -> None:
    assert [line.split()[0] for line in heads().stdout.splitlines()] == list(DETECTORS)


def test_the_number_of_classes_is_asked_for() -> None:
    assert "--classes is missing" in str(heads("--arch", SSDLITE).exception)


def test_printing_needs_no_torch() -> None:
    program = (
        "import sys; from rehead.cli.advisory import heads; heads(arch='ssd300_vgg16', classes=3);"
        "print({'torch', 'torchvision', 'pydantic'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "set()"


@pytest.mark.slow
def test_a_check_says_how_many_outputs_there_are() -> None:
    text = head_program(SSDLITE, classes=3, weights="none")
    assert tried(text, classes=3).startswith("4 scores, background included; finite losses")


@pytest.mark.slow
def test_a_check_of_a_wrong_program_fails_with_its_reason() -> None:
    text = head_program(SSDLITE, classes=3, weights="none").replace("classes + 1", "classes")
    with pytest.raises(ValueError, match=r"check failed: .*out of bounds"):
        tried(text, classes=3)


@pytest.mark.slow
def test_a_check_survives_a_program_that_ends_its_process() -> None:
    with pytest.raises(ValueError, match="ended by SIGABRT"):
        tried("import os; os.abort()", classes=3)
