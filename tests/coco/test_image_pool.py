"""Decoding in worker processes: the same facts as in this one, and a crash or a hang costs one image."""

import json
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from rehead.coco.image_pool import ImagePool, Worker
from rehead.coco.image_worker import inspected

CRASHING = """
import json, os, sys
for line in sys.stdin:
    name = json.loads(line)["path"]
    if "crash" in name:
        os.kill(os.getpid(), 11)
    print(json.dumps({"facts": None, "notes": [["image-format", name]]}), flush=True)
"""
HANGING = "import time; time.sleep(60)"


def _worker(program: str, *, seconds: float = 30.0) -> Worker:
    return Worker((sys.executable, "-c", program), seconds=seconds)


def test_workers_tell_what_this_process_would(folder: Path) -> None:
    paths = [folder / "images" / f"{n}.png" for n in (1, 2, 3)]
    with ImagePool() as pool:
        found = [inspection.facts for inspection in pool.inspect(paths)]
    assert [facts.pixels for facts in found if facts] == [inspected(p, 10**6)["facts"]["pixels"] for p in paths]


def test_a_crash_is_the_fault_of_the_image_that_caused_it() -> None:
    worker = _worker(CRASHING)
    code, text = worker.ask(Path("crash.png"), 1).notes[0]
    worker.close()
    assert (code, "SIGSEGV" in text) == ("image-crash", True)


def test_after_a_crash_the_next_image_is_decoded_again() -> None:
    worker = _worker(CRASHING)
    worker.ask(Path("crash.png"), 1)
    code, _ = worker.ask(Path("fine.png"), 1).notes[0]
    worker.close()
    assert code == "image-format"


def test_a_hang_is_ended_and_named() -> None:
    code, text = _worker(HANGING, seconds=0.2).ask(Path("slow.png"), 1).notes[0]
    assert (code, "over" in text) == ("image-crash", True)


def test_an_image_that_takes_more_memory_than_a_worker_may_is_named_and_the_next_is_decoded(tmp_path: Path) -> None:
    for name, side in (("large.png", 9000), ("small.png", 64)):
        Image.new("L", (side, side)).save(tmp_path / name)
    worker = _worker("import rehead.coco.image_worker as w; w._MEMORY_BYTES = 450 << 20; w.main()")
    found = [worker.ask(tmp_path / name, 10**8) for name in ("large.png", "small.png")]
    worker.close()
    assert [[code for code, _ in inspection.notes] for inspection in found] == [["image-too-large"], []]


def test_what_ends_the_work_early_waits_for_no_hung_decoder() -> None:
    answer = json.dumps({"facts": None, "notes": [["image-format", "fine"]]})
    program = f"import time; input(); print({answer!r}, flush=True); time.sleep(60)"
    began = time.monotonic()
    with ImagePool(command=(sys.executable, "-c", program)) as pool:
        found = pool.inspect([Path("fine.png"), Path("slow.png")])
        next(found)
        with pytest.raises(KeyboardInterrupt):
            found.throw(KeyboardInterrupt)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("limit", [100, 64 * 48 - 1])
def test_the_pixel_limit_reaches_the_workers(folder: Path, limit: int) -> None:
    with ImagePool(max_pixels=limit) as pool:
        (found,) = pool.inspect([folder / "images" / "1.png"])
    assert found.notes[0][0] == "image-too-large"
