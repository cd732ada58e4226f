"""Reading that needs more memory than there is ends in a fault; what comes after it is not bounded."""

import subprocess
import sys
from pathlib import Path

import pytest

from rehead.coco.memory import bounded_memory

READING = """
import resource, sys
from pathlib import Path
from rehead.coco.faults import FaultLog
from rehead.coco.json_file import load_json
resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))
log = FaultLog()
assert load_json(Path(sys.argv[1]), log.of(sys.argv[1])) is None
print(*log.totals())
"""


def test_more_than_the_room_is_an_error() -> None:
    with pytest.raises(MemoryError), bounded_memory(64 << 20):
        bytearray(256 << 20)


def test_after_the_block_there_is_as_much_room_as_before() -> None:
    with bounded_memory(64 << 20):
        pass
    assert len(bytearray(256 << 20)) == 256 << 20


def test_a_file_that_swells_beyond_memory_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "annotations.json"
    file.write_text('{"images": [' + "{}," * 6_000_000 + "{}]}", encoding="ascii")
    done = subprocess.run([sys.executable, "-c", READING, str(file)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "json-too-large\n"), done.stderr
