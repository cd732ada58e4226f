"""Decoding many images in worker processes: a worker that crashes or hangs costs its image a fault, and is replaced."""

import json
import os
import queue
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

import rehead
from rehead.coco.decoding import MAX_PIXELS
from rehead.coco.records import ImageFacts

_SECONDS = 60.0
_IMAGES_A_WORKER = 8
_COMMAND = (sys.executable, "-m", "rehead.coco.image_worker")
# There is a worker a core already; numpy's and scipy's threads would each take address space from its limit.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Inspection:
    """What decoding a file told: facts, or None and the fault first among the notes (code, text)."""

    facts: ImageFacts | None
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Labels:
    """What a mask file holds: width and height, and compressed run lengths by value; or the fault (code, text)."""

    size: tuple[int, int]
    objects: Mapping[int, str]
    fault: tuple[str, str] | None = None


class Inspector(Protocol):
    """Whoever decodes image files and tells what was found, in their order."""

    def inspect(self, paths: Sequence[Path]) -> Iterator[Inspection]:
        """Yield what was found, one inspection a path."""
        ...

    def labels(self, paths: Sequence[Path], *, whole: Sequence[bool]) -> Iterator[Labels]:
        """Yield what mask files hold; where `whole`, all values above 0 are one object."""
        ...


def inspection_from(reply: Mapping[str, Any]) -> Inspection:
    """Read a worker's answer."""
    told = reply["facts"]
    facts = ImageFacts(**told | {"look": bytes.fromhex(told["look"])}) if told else None
    return Inspection(facts, tuple((code, text) for code, text in reply["notes"]))


def labels_from(reply: Mapping[str, Any]) -> Labels:
    """Read a worker's answer about a mask file."""
    if reply["fault"] is not None:
        code, text = reply["fault"]
        return Labels((0, 0), {}, (code, text))
    width, height = reply["size"]
    return Labels((width, height), {int(value): counts for value, counts in reply["objects"].items()})


class Worker:
    """One decoding process, started when first asked."""

    def __init__(self, command: Sequence[str] = _COMMAND, *, seconds: float = _SECONDS) -> None:
        self._command = command
        self._seconds = seconds
        self._process: subprocess.Popen[str] | None = None

    def ask(self, path: Path, max_pixels: int) -> Inspection:
        """Have one image decoded; a crash or a hang comes back as a fault."""
        answer = self.exchange({"path": str(path), "max_pixels": max_pixels})
        return Inspection(None, (("image-crash", answer),)) if isinstance(answer, str) else inspection_from(answer)

    def exchange(self, request: Mapping[str, Any]) -> dict[str, Any] | str:
        """Send a request; returns the answer, or in words how the process ended over it."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline() if self._answers(process) else None
        except BrokenPipeError:
            answer = ""
        if answer:
            told: dict[str, Any] = json.loads(answer)
            return told
        text = f"decoding took over {self._seconds:.0f} s" if answer is None else f"the decoder crashed ({self._end()})"
        self.close()
        return text

    def kill(self) -> None:
        """Send the process its end, from whichever thread: who waits for an answer reads none."""
        if (process := self._process) is not None:
            process.kill()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            paths = [str(Path(rehead.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), **_ONE_THREAD}
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                text=True,
            )
        return self._process

    def _answers(self, process: subprocess.Popen[str]) -> bool:
        """Wait until there is an answer, or an end, to read."""
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            return bool(selector.select(self._seconds))

    def _end(self) -> str:
        assert self._process is not None
        code = self._process.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class ImagePool:
    """As many workers as there are cores, started when needed and ended with the block."""

    def __init__(self, *, max_pixels: int = MAX_PIXELS, command: Sequence[str] = _COMMAND) -> None:
        self._max_pixels = max_pixels
        self._command = command
        self._workers: list[Worker] = []
        self._free: queue.SimpleQueue[Worker] = queue.SimpleQueue()

    def __enter__(self) -> "ImagePool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.close()

    def inspect(self, paths: Sequence[Path]) -> Generator[Inspection, None, None]:
        """Decode files and yield what was found, in their order."""
        yield from self._spread(lambda worker, path: worker.ask(path, self._max_pixels), paths)

    def labels(self, paths: Sequence[Path], *, whole: Sequence[bool]) -> Iterator[Labels]:
        """Decode mask files and yield the objects in them, in the files' order."""
        pairs = list(zip(paths, whole, strict=True))
        yield from self._spread(self._labels, pairs)

    def _labels(self, worker: Worker, asked: tuple[Path, bool]) -> Labels:
        request = {"path": str(asked[0]), "max_pixels": self._max_pixels, "whole": asked[1]}
        answer = worker.exchange(request)
        return Labels((0, 0), {}, ("image-crash", answer)) if isinstance(answer, str) else labels_from(answer)

    def _spread(self, ask: Callable[[Worker, A], B], asked: Sequence[A]) -> Iterator[B]:
        """Share out what is asked among the workers; answers come in its order."""
        wanted = min(len(os.sched_getaffinity(0)), -(-len(asked) // _IMAGES_A_WORKER))
        for _ in range(wanted - len(self._workers)):
            self._workers.append(Worker(self._command))
            self._free.put(self._workers[-1])
        with ThreadPoolExecutor(max(wanted, 1)) as threads:
            try:
                yield from threads.map(lambda one: self._answer(ask, one), asked)
            except BaseException:  # such as Ctrl-C: the block waits for its threads, and they for a hung decoder
                for worker in self._workers:
                    worker.kill()
                raise

    def _answer(self, ask: Callable[[Worker, A], B], one: A) -> B:
        worker = self._free.get()
        try:
            return ask(worker, one)
        finally:
            self._free.put(worker)
