"""Where training would find its memory, told without torch."""

import sys
from pathlib import Path

import psutil
import pytest

from rehead.cli.memory import Memory, find_memory


@pytest.fixture
def gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An nvidia-smi on PATH that tells of 81559 MiB."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return told(tmp_path, "81559")


def told(folder: Path, answer: str) -> Path:
    program = folder / "nvidia-smi"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nprint({answer!r})\nopen({str(folder / 'asked')!r}, 'w').write(sys.argv[-1])\n"
    )
    program.chmod(0o755)
    return folder


@pytest.mark.usefixtures("gpu")
def test_a_gpu_is_taken_with_its_memory() -> None:
    assert find_memory(torch="2.15.0") == Memory(81559 << 20, gpu=True)


def test_the_gpu_is_the_first_that_torch_would_see(gpu: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    find_memory(torch="2.15.0")
    assert (gpu / "asked").read_text() == "3"


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize("hidden", ["", "-1"])
def test_a_gpu_that_is_hidden_is_not_taken(hidden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert find_memory(torch="2.15.0").gpu is False


@pytest.mark.usefixtures("gpu")
def test_a_gpu_is_nothing_to_a_torch_for_cpus() -> None:
    assert find_memory(torch="2.15.0+cpu").gpu is False


@pytest.mark.parametrize("answer", ["", "No devices were found", "[N/A]"])
def test_a_driver_that_tells_nothing_leaves_the_cpu(gpu: Path, answer: str) -> None:
    told(gpu, answer)
    assert find_memory(torch="2.15.0").gpu is False


def test_without_a_gpu_it_is_the_machines_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_memory(limits=()) == Memory(psutil.virtual_memory().total, gpu=False)


@pytest.mark.parametrize(("text", "limited"), [("1073741824\n", True), ("max\n", False)])
def test_a_containers_limit_counts(text: str, limited: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text(text)
    monkeypatch.setenv("PATH", str(tmp_path))
    limits = (tmp_path / "memory.max", tmp_path / "absent")
    assert (find_memory(limits=limits).bytes == 1 << 30) is limited


def test_a_machine_is_not_filled_to_the_brim() -> None:
    assert Memory(1000, gpu=False).usable < Memory(1000, gpu=True).usable < 1000
