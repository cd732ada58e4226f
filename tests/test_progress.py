import pytest

from rehead import progress as module
from rehead.progress import progress


def test_plain_lines_name_the_work_its_rate_and_what_is_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PLAIN_SECONDS", 0.0)
    with progress("train", 4) as bar:
        bar.advance("loss 0.5")
    shown = capsys.readouterr().err
    assert shown.startswith("train: 1/4, ")
    assert "s left loss 0.5" in shown


def test_lines_that_stay_are_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("train", 4) as bar:
        bar.line("epoch 1: loss 0.5")
    assert capsys.readouterr().err == "epoch 1: loss 0.5\n"


def test_short_work_without_a_terminal_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("train", 4) as bar:
        bar.advance()
    assert capsys.readouterr().err == ""
