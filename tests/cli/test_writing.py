"""Two files are written, or none."""

from pathlib import Path
from typing import Any

import pytest

from rehead.cli.editing import write_together


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A file that can be written, and one that is a folder, so that it cannot."""
    (tmp_path / "first").write_text("before")
    (tmp_path / "second").mkdir()
    return tmp_path / "first", tmp_path / "second"


def test_files_are_written_together(tmp_path: Path) -> None:
    write_together({tmp_path / "a": "1", tmp_path / "b": "2"})
    assert [(tmp_path / name).read_text() for name in "ab"] == ["1", "2"]


def test_if_the_second_cannot_be_written_the_first_is_what_it_was(files: tuple[Path, Path]) -> None:
    with pytest.raises(ValueError, match="nothing was changed"):
        write_together(dict.fromkeys(files, "after"))
    assert files[0].read_text() == "before"


def test_if_the_second_cannot_be_written_a_new_first_is_removed(files: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing was changed"):
        write_together({tmp_path / "new": "x", files[1]: "x"})
    assert not (tmp_path / "new").exists()


def test_ctrl_c_between_two_files_leaves_both_as_they_were(tmp_path: Path) -> None:
    class Interrupted(dict[Path, str]):
        def items(self) -> Any:
            yield tmp_path / "a", "after"
            raise KeyboardInterrupt

    (tmp_path / "a").write_text("before")
    with pytest.raises(KeyboardInterrupt):
        write_together(Interrupted({tmp_path / "a": "after"}))
    assert (tmp_path / "a").read_text() == "before"
