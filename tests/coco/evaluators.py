"""The strict readers and four evaluators in a process of their own: there a crash or a hang is an answer too.

The process reads {"document", "policy", "scores", "results"} a line as JSON, and ends with its input. It answers with
null where the document is refused, else with {"apart", "fed_back", "refused"}: in what the evaluators differ, what the
truth scores when it is fed back under the scores given, and how many of the results were refused.
"""

import contextlib
import json
import resource
import selectors
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import faster_coco_eval
import numpy as np
from faster_coco_eval.core import mask as faster
from hotcoco import mask as hot
from pycocotools import mask as native

from rehead.coco.faults import FaultLog
from rehead.coco.reading import read_dataset
from rehead.coco.results import ResultsError, read_results
from rehead.coco.truth import document_of
from rehead.evaluation.coco_map import evaluate_heads, scores_of
from rehead.evaluation.curves import curves
from rehead.evaluation.reference import precision_recall

Document = dict[str, Any]
_ROOT = Path(__file__).parents[2]
_MEMORY_BYTES = 4 << 30
_SECONDS = 60.0
_TOLERANCE = 1e-9
_LIMITS = (1, 10, 100)
_COMMAND = (sys.executable, "-m", "tests.coco.evaluators")


class Evaluators:
    """The process, started when first asked and again after it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._said: IO[str]

    def _started(self) -> subprocess.Popen[str]:
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - a pipe that nobody reads would fill up
        return subprocess.Popen(
            _COMMAND, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True
        )

    def ask(self, request: Document) -> Document | None:
        """Send one request; a process that dies or keeps silent is a difference like any other."""
        process = self._process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            with selectors.DefaultSelector() as selector:
                selector.register(process.stdout, selectors.EVENT_READ)
                if not selector.select(_SECONDS):
                    return self._lost(f"no answer within {_SECONDS:.0f} s")
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        return json.loads(answer) if answer else self._lost("the process died")

    def close(self) -> str:
        """End the process, whose input ends and which has ten seconds to see that; returns its last words."""
        if self._process is None:
            return ""
        with contextlib.suppress(BrokenPipeError, subprocess.TimeoutExpired):
            self._process.communicate(timeout=10)
        self._process.kill()
        self._process.wait()
        self._process = None
        with self._said:
            self._said.seek(0)
            return self._said.read()[-2000:]

    def _lost(self, how: str) -> Document:
        process = self._process
        assert process is not None
        said = self.close()
        return {"apart": [f"{how} (exit code {process.returncode}): {said}"], "fed_back": {}, "refused": 0}


def answered(request: Document, file: Path) -> Document | None:
    """Read the document, by way of `file`, and the results, and have all judged that was let through."""
    file.write_text(json.dumps(request["document"]), encoding="utf-8")
    log = FaultLog(request["policy"])
    data = read_dataset(file, None, log)
    if data is None or log.rejected:
        return None
    truth = document_of(data)
    own = read_results(as_results(truth, request["scores"]), truth)
    found = [sound for result in request["results"] for sound in _sound(result, truth)]
    apart, fed_back = judged(truth, own)
    return {
        "apart": apart + judged(truth, [*found, *own[::2]])[0],
        "fed_back": fed_back,
        "refused": len(request["results"]) - len(found),
    }


def as_results(truth: Document, scores: list[float]) -> list[Document]:
    """Feed the truth back; a crowd region is no object to find."""
    things = [a for a in truth["annotations"] if not a["iscrowd"]]
    keys = ("image_id", "category_id", "bbox", "segmentation")
    return [{**{k: a[k] for k in keys}, "score": scores[n % len(scores)]} for n, a in enumerate(things)]


def _sound(result: Document, truth: Document) -> list[Document]:
    """Read one result alone: together, one unsound result refuses all."""
    try:
        return read_results([result], truth)
    except ResultsError:
        return []


def judged(truth: Document, results: list[Document]) -> tuple[list[str], Document]:
    """Compare what the evaluators make of all masks and of the results; returns in what they differ, and the scores."""
    masks = [item["segmentation"] for item in (*truth["annotations"], *results) if "segmentation" in item]
    daily = evaluate_heads(truth, results, max_detections=_LIMITS[-1])
    apart = _of_masks(masks) if masks else []
    for head, evaluation in daily.items():
        expected = precision_recall(truth, results, head, limits=_LIMITS)
        judges = {
            "the daily way": (evaluation.precision_trkal, evaluation.recall_tkal),
            "our matching": curves(evaluation.candidates(), _LIMITS),
            "faster": expected if head == "boundary" else _faster(truth, results, head),
        }
        apart += [
            f"{head} {what} of {name}"
            for name, found in judges.items()
            for what, one, other in zip(("precision", "recall"), found, expected, strict=True)
            if not _same(_array(one, other), other)
        ]
    return apart, scores_of(truth, daily).as_dict()


def _of_masks(masks: list[Document]) -> list[str]:
    """Compare pixels, areas, boxes and overlaps, and prove that each mask covers itself."""
    apart = []
    by_size: dict[tuple[int, ...], list[Document]] = {}
    for mask in masks:
        by_size.setdefault(tuple(mask["size"]), []).append(mask)
    for size, group in by_size.items():
        for name in ("decode", "area", "toBbox"):
            expected = getattr(native, name)(group)
            apart += [f"{name} at {size}" for lib in (hot, faster) if not _same(getattr(lib, name)(group), expected)]
        for crowd in (0, 1):
            flags = [crowd] * len(group)
            expected = native.iou(group, group, flags)
            apart += [f"iou at {size}" for lib in (hot, faster) if not _same(lib.iou(group, group, flags), expected)]
            own = np.where(native.area(group) > 0, 1.0, 0.0)  # a detector may find an empty mask; it covers nothing
            apart += [f"iou of {group[at]} with itself" for at in np.flatnonzero(expected.diagonal() != own)]
    return apart


def _same(found: Any, expected: Any) -> bool:
    return bool(np.allclose(np.asarray(found, dtype=float), np.asarray(expected, dtype=float), 0.0, _TOLERANCE))


def _array(found: Any, expected: np.ndarray) -> np.ndarray:
    return np.asarray(found, dtype=float).reshape(expected.shape)


def _faster(truth: Document, results: list[Document], head: str) -> tuple[Any, Any]:
    kind, field = {"box": ("bbox", "bbox"), "mask": ("segm", "segmentation")}[head]
    own = [{key: r[key] for key in ("image_id", "category_id", "score", field)} for r in results if field in r]
    known = faster_coco_eval.COCO(truth, use_deepcopy=True)
    evaluation = faster_coco_eval.COCOeval_faster(known, known.loadRes(own), kind)
    evaluation.evaluate()
    evaluation.accumulate()
    return evaluation.eval["precision"], evaluation.eval["recall"]


def main() -> None:
    """Answer requests until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            print(json.dumps(answered(json.loads(line), Path(folder) / "x.json")), flush=True)


if __name__ == "__main__":
    main()
