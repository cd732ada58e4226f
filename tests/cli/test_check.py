"""`rehead check` at the keyboard: policies, a repaired copy, what comes next, and Ctrl-C."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from rehead.cli.app import app

Document = dict[str, Any]
SIDE = 9000


def rehead(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _document(width: int = 64, height: int = 48) -> Document:
    annotation = {"id": 1, "image_id": 1, "category_id": 7, "bbox": [5, 5, 10, 10], "area": 100, "iscrowd": 0}
    return {
        "categories": [{"id": 7, "name": "square"}],
        "images": [{"id": 1, "file_name": "one.png", "width": width, "height": height}],
        "annotations": [annotation | {"segmentation": [[5, 5, 15, 5, 15, 15, 5, 15]]}],
    }


@pytest.fixture
def coco(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound dataset of one image, in a folder that is no project."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "coco" / "images").mkdir(parents=True)
    Image.new("RGB", (64, 48), (90, 120, 30)).save(tmp_path / "coco" / "images" / "one.png")
    _write(tmp_path / "coco", _document())
    return tmp_path / "coco"


def _write(folder: Path, document: Document) -> None:
    (folder / "annotations.json").write_text(json.dumps(document), encoding="utf-8")


def _with_a_bad_box(folder: Path) -> None:
    document = _document()
    document["annotations"][0]["bbox"] = [500, 500, 10, 10]
    _write(folder, document)


def test_after_a_sound_dataset_comes_init(coco: Path) -> None:
    assert rehead("check", coco).output.splitlines()[-1] == f"next: rehead init {coco}"


def test_after_a_rejected_one_comes_the_copy(coco: Path) -> None:
    _with_a_bad_box(coco)
    shown = rehead("check", coco, "--images", coco / "images")
    expected = f"next: rehead check {coco} --images {coco / 'images'} --fix OUT"
    assert (shown.exit_code, shown.output.splitlines()[-1].startswith(expected)) == (1, True)


def test_where_no_copy_helps_the_faults_to_mend_are_named(coco: Path) -> None:
    document = _document()
    document["categories"] *= 2
    _write(coco, document)
    assert "mend category-id-duplicate at the source" in rehead("check", coco).output


def test_a_policy_for_one_call_lets_a_fault_through(coco: Path) -> None:
    _with_a_bad_box(coco)
    assert rehead("check", coco, "--policy", "bbox-*=repair").exit_code == 0


@pytest.mark.parametrize(("option", "words"), [("bbox-type", "write CODE=ACTION"), ("bbox-typ=drop", "did you mean")])
def test_an_option_that_is_no_policy_is_named_with_a_remedy(coco: Path, option: str, words: str) -> None:
    assert words in str(rehead("check", coco, "--policy", option).exception)


def test_a_projects_policy_is_followed_for_its_own_dataset_and_said(coco: Path) -> None:
    _with_a_bad_box(coco)
    Path("params.yaml").write_text("data: {source: coco, policy: {bbox-outside: repair}}\n", encoding="utf-8")
    shown = rehead("check", coco)
    assert (shown.exit_code, "following data.policy of params.yaml (bbox-outside: repair)" in shown.output) == (0, True)
    assert shown.stdout.splitlines()[-1] == "next: dvc repro"


def test_a_projects_policy_says_nothing_of_other_data(coco: Path) -> None:
    _with_a_bad_box(coco)
    Path("params.yaml").write_text("data: {source: cocoa, policy: {bbox-outside: repair}}\n", encoding="utf-8")
    assert rehead("check", coco).exit_code == 1


def test_a_broken_params_file_keeps_no_one_from_checking(coco: Path) -> None:
    Path("params.yaml").write_text("data: {source: coco, polizy: 1}\n", encoding="utf-8")
    shown = rehead("check", coco)
    assert (shown.exit_code, "the default policy is followed instead" in shown.output) == (0, True)


def test_fix_says_what_it_did_and_proves_it(coco: Path) -> None:
    _with_a_bad_box(coco)
    shown = rehead("check", coco, "--fix", "copy")
    assert shown.exit_code == 0
    assert shown.output.splitlines()[-3:] == [
        "repaired: bbox-outside 1",
        "wrote copy: 1 of 1 images, 1 of 1 annotations",
        "checked again: 0 faults left",
    ]
    assert rehead("check", "copy").exit_code == 0


def test_fix_tells_machines_what_is_left(coco: Path) -> None:
    _with_a_bad_box(coco)
    told = json.loads(rehead("check", coco, "--fix", "copy", "--json").stdout)
    assert told["copy"] == {"folder": "copy", "repaired": {"bbox-outside": 1}, "dropped": {}, "left": {}}


def test_fix_fails_where_nothing_could_be_written(coco: Path) -> None:
    (coco / "images" / "one.png").unlink()
    shown = rehead("check", coco, "--fix", "copy")
    assert (shown.exit_code, "nothing was written" in shown.output, Path("copy").exists()) == (1, True, False)


def _slow_image(path: Path) -> None:
    """Write a small file that takes seconds to decode: grey zeros."""
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * (SIDE * (SIDE + 1)))), (b"IEND", b""))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks)
    )


def _heed_interrupts() -> None:
    """Undo what a shell does to the commands that it starts in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("options", [[], pytest.param(["--fix", "copy"], marks=pytest.mark.slow)], ids=["check", "fix"])
def test_ctrl_c_ends_in_one_line_and_leaves_no_process_and_no_file(coco: Path, options: list[str]) -> None:
    _slow_image(coco / "images" / "one.png")
    _write(coco, _document(SIDE, SIDE))
    command = [sys.executable, "-c", "from rehead.cli.app import main; main()", "check", str(coco), *options]
    run = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heed_interrupts,
    )
    children = psutil.Process(run.pid).children
    while run.poll() is None and not (workers := children()):
        time.sleep(0.02)
    time.sleep(0.3)  # let the decoding begin
    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=20)
    assert (run.returncode, said) == (130, "rehead: interrupted\n")
    psutil.wait_procs(workers, timeout=5)
    assert not [worker for worker in workers if worker.is_running()]
    assert sorted(path.name for path in coco.parent.iterdir()) == ["coco"]


def test_a_name_that_the_terminal_has_no_letters_for_is_shown_escaped(coco: Path) -> None:
    coco.rename(coco.with_name("日"))
    command = [sys.executable, "-c", "from rehead.cli.app import main; main()", "check", "日"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "next: rehead init '\\u65e5'")
