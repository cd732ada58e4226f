import io

import pytest
from rich.console import Console

from rehead import progress as module
from rehead.progress import Bar, followed, progress


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait for its second."""
    monkeypatch.setattr(module, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(module, "_LINE_SECONDS", 0.0)


@pytest.mark.usefixtures("impatient")
def test_plain_lines_name_the_work_its_rate_and_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("train", 4) as bar:
        bar.advance("loss 0.5")
    shown = capsys.readouterr().err
    assert shown.startswith("train: 1 of 4, ")
    assert "s left loss 0.5" in shown


@pytest.mark.usefixtures("impatient")
def test_a_terminal_gets_a_bar_with_the_note() -> None:
    terminal = io.StringIO()
    bar = Bar("train", 4, Console(file=terminal, force_terminal=True, width=120))
    bar.advance("loss 0.5")
    bar.stop()
    assert "1/4" in terminal.getvalue()
    assert "loss 0.5" in terminal.getvalue()


@pytest.mark.usefixtures("impatient")
def test_a_terminal_that_cannot_redraw_gets_plain_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    Bar("train", 4, Console(file=io.StringIO(), force_terminal=True)).advance()
    assert capsys.readouterr().err.startswith("train: 1 of 4, ")


@pytest.mark.usefixtures("impatient")
def test_work_that_turns_out_to_be_less_is_measured_by_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = io.StringIO()
    bar = Bar("train", 40, Console(file=terminal, force_terminal=True, width=120))
    bar.advance()
    bar.expect(3)
    bar.stop()
    assert "1/3" in terminal.getvalue()
    with progress("train", 40) as plain:
        plain.expect(3)
        plain.advance()
    assert "1 of 3" in capsys.readouterr().err


def test_lines_that_stay_are_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("train", 4) as bar:
        bar.line("epoch 1: loss 0.5")
    assert capsys.readouterr().err == "epoch 1: loss 0.5\n"


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(followed([1, 2, 3], total=3, what="images")) == [1, 2, 3]
    assert capsys.readouterr().err == ""
