"""What another program exports is read as COCO; what it cannot is told in its words, and nothing is left of it."""

import json
import sys
import tempfile
from pathlib import Path

import pytest

from rehead.coco.formats import datumaro
from rehead.coco.sources import SourceError, opened_source


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


def _program(**told: str | None) -> tuple[str, ...]:
    """A program that makes a file in the folder it is given, chats, and tells."""
    text = (
        "import pathlib, sys\n"
        "folder = pathlib.Path(sys.argv[2]); folder.mkdir()\n"
        "(folder / 'annotations.json').write_text(sys.argv[1])\n"
        f"print('chat'); print({json.dumps(told)!r})"
    )
    return (sys.executable, "-c", text)


def test_what_was_exported_is_there_until_the_block_ends(tmp_path: Path, scratch: Path) -> None:
    with datumaro.exported(tmp_path / "voc", _program(format="voc", error=None)) as folder:
        assert folder is not None
        assert (folder / "annotations.json").read_text() == str(tmp_path / "voc")
    assert list(scratch.iterdir()) == []


def test_a_format_that_nobody_knows_is_none(tmp_path: Path) -> None:
    with datumaro.exported(tmp_path, _program(format=None, error=None)) as folder:
        assert folder is None


def test_an_error_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read through Datumaro: no such class"):
        datumaro.exported(tmp_path, _program(format=None, error="no such class")).__enter__()


@pytest.mark.parametrize(
    "text", ["import os; os.kill(os.getpid(), 9)", "print()", "print('no JSON')", "raise SystemExit(3)"]
)
def test_a_program_that_fails_is_an_error_and_no_traceback(text: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="ended with exit code"):
        datumaro.exported(tmp_path, (sys.executable, "-c", text)).__enter__()


@pytest.mark.parametrize(
    ("text", "cause"),
    [("import sys; sys.exit('chat\\nno such plugin')", "no such plugin"), ("raise SystemExit(3)", "it said nothing")],
)
def test_a_program_that_fails_is_told_with_its_last_words_and_a_way_out(text: str, cause: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=rf"exit code \d while reading it \({cause}\); export it as COCO"):
        datumaro.exported(tmp_path, (sys.executable, "-c", text)).__enter__()


def test_without_datumaro_an_unknown_source_names_the_extra_that_reads_more(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    if datumaro.program() is not None:
        pytest.skip("Datumaro is installed")
    with pytest.raises(SourceError, match=r"-e '\.\[formats\]'"):
        opened_source(tmp_path / "data").__enter__()
