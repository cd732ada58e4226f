"""`rehead init --interactive` asks for each value and takes no answer that its section would refuse."""

import re
import signal
import subprocess
import sys
from pathlib import Path

from typer.testing import Result

from tests.cli.initialised import PARAMS, PIPELINE, SETTINGS, init, values


def test_questions_have_the_advice_as_their_default(bricks: Path) -> None:
    init(bricks)
    advised = PARAMS.read_bytes()
    PARAMS.write_text(SETTINGS)
    assert (init(bricks, "--interactive", answers="\n" * 20).exit_code, PARAMS.read_bytes()) == (0, advised)


def answers_to(result: Result, *, last: str) -> int:
    """Count the questions up to the one about `last`."""
    names = re.findall(r"^(\w+\.\w+): .*$", result.stdout, re.MULTILINE)
    return names.index(last)


def test_an_answer_is_taken_and_what_follows_from_it_follows(bricks: Path) -> None:
    asked = answers_to(init(bricks, "-i", "--dry-run", answers="\n" * 20), last="train.batch_size")
    init(bricks, "-i", answers="\n" * asked + "4\n" + "\n" * 5)
    text = PARAMS.read_text()
    assert re.search(r"batch_size: 4 +# chosen by hand\n", text)
    assert re.search(r"epochs: \d+ +# \d+ steps of 4 images", text)


def test_an_answer_that_is_not_valid_is_asked_again_with_the_reason(bricks: Path) -> None:
    asked = answers_to(init(bricks, "-i", "--dry-run", answers="\n" * 20), last="model.input_size")
    result = init(bricks, "-i", answers="\n" * asked + "huge\n[\n8\n320\n" + "\n" * 20)
    assert [line.split(":")[0].strip() for line in result.stderr.splitlines() if "note" not in line][:3] == [
        "model.input_size",
        "'[' is not YAML; write it as in params.yaml",
        "model.input_size",
    ]
    assert values()["model.input_size"] == 320


def test_an_end_of_the_answers_writes_nothing(bricks: Path) -> None:
    before = PARAMS.read_bytes()
    assert (init(bricks, "-i", answers="\n\n").exit_code, PARAMS.read_bytes()) == (1, before)


def test_ctrl_c_at_a_question_leaves_both_files_as_they_were(bricks: Path) -> None:
    before = PARAMS.read_bytes(), PIPELINE.read_bytes()
    command = [sys.executable, "-u", "-c", "from rehead.cli.app import main; main()", "init", "bricks", "-i"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        asked = process.stdout.read(20)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert (b"data." in asked, process.returncode != 0, b"Traceback" in told) == (True, True, False)
    assert (PARAMS.read_bytes(), PIPELINE.read_bytes()) == before
