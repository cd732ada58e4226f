"""One training in a process of its own: `python -m rehead.cli.ablation.one_run`, its request as JSON on stdin.

A process alone, so that its peak memory is its own, and that a killed or crashed one costs no other. Tells each step
and each predicted image as a line of JSON on stdout, and at last a fault if there was one.
"""

import json
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from rehead.cli.ablation.runs import Run, content_key, facts_of, store_run
from rehead.dataset.split import Split, load_split
from rehead.detector.build import Detector
from rehead.detector.checkpoint import tile_of
from rehead.detector.plan import ModelPlan
from rehead.detector.weights import first_detector
from rehead.evaluation.validation import predict_split
from rehead.files import read_json
from rehead.training.batch_size import fit_batch
from rehead.training.features import open_features
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan

_REPORTED = (ValueError, RuntimeError, FloatingPointError, OSError, MemoryError)

Tell = Callable[[dict[str, Any]], None]


def main() -> int:
    """Do the training that standard input asks for; exit code 1 if it failed, with the fault as the last line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the one who ordered this ends it
    try:
        run_once(json.load(sys.stdin), tell=lambda event: print(json.dumps(event), flush=True))
    except BrokenPipeError:
        return 1  # nobody listens any more
    except _REPORTED as error:
        print(json.dumps({"fault": str(error) or type(error).__name__}), flush=True)
        return 1
    return 0


def run_once(request: dict[str, Any], *, tell: Tell) -> None:
    """Train, predict the validation split with the weights of the last epoch, and store both.

    The last epoch and not the best: with the rate at its end it is what the schedule aims at, and choosing an epoch
    by the very split that is then scored would flatter each value by its luck. Nothing here opens the test split.
    """
    facts = _verified_facts(request)
    dataset = Path(request["dataset"])
    fit, validate = load_split(dataset, "train"), load_split(dataset, "val")
    plan = TrainPlan.model_validate(request["train"])
    learner = Learner(_first_detector(request, fit), plan, images=len(fit))
    fit_batch(learner, fit)
    with _own_folder(Path(request["folder"])) as features:
        open_features(learner, fit, features)
        seconds, worked = _trained(learner, fit, tell=tell)
    memory = _peak_mib()
    run = Run(
        value=request["value"],
        seed=request["seed"],
        results=predict_split(learner.detector, validate, on_image=lambda: tell({"predicted": 1})),
        seconds=seconds,
        processor_seconds=worked,
        peak_memory_mib=memory,
        images_per_second=learner.epochs_done * len(fit) / seconds,
        parameters=sum(parameter.numel() for parameter in learner.model.parameters()),
    )
    store_run(
        Path(request["folder"]), run, facts=facts | {"dataset": validate.description, "device": str(learner.device)}
    )


def _verified_facts(request: dict[str, Any]) -> dict[str, Any]:
    """Collect what the outcome depends on; raises ValueError if that is no longer what the folder is named after."""
    model = ModelPlan.model_validate(request["model"])
    facts = facts_of(Path(request["dataset"]), model, weights=_weights_file(request))
    facts |= {name: request[name] for name in ("model", "train")}
    if content_key(facts) != Path(request["folder"]).name:
        raise ValueError("the dataset, the weights or the code changed since the ablation began: start it again")
    return facts


def _weights_file(request: dict[str, Any]) -> Path | None:
    return None if request["weights"] is None else Path(request["weights"])


def _first_detector(request: dict[str, Any], fit: Split) -> Detector:
    """Build the detector that the swap_heads stage would."""
    plan = ModelPlan.model_validate(request["model"])
    tile = tile_of(read_json(fit.folder / "manifest.json"))
    return first_detector(plan, fit.classes, tile=tile, file=_weights_file(request)).detector


@contextmanager
def _own_folder(folder: Path) -> Iterator[Path]:
    """Yield a place for features beside a run's folder, empty before and gone afterwards.

    Runs that shared them would take less time than the one that computed them, and times are compared.
    """
    features = folder.with_name(f".{folder.name}.features")
    shutil.rmtree(features, ignore_errors=True)
    try:
        yield features
    finally:
        shutil.rmtree(features, ignore_errors=True)


def _trained(learner: Learner, fit: Split, *, tell: Tell) -> tuple[float, float]:
    """Train through all epochs; returns seconds of wall time and of processor time."""
    began, worked = time.perf_counter(), time.process_time()
    for _ in train(learner, fit, on_step=lambda step: tell({"loss": step.losses["loss"]})):
        pass
    return time.perf_counter() - began, time.process_time() - worked


def _peak_mib() -> float:
    """Give the most memory so far: what torch has held on the GPU, else what this process has had resident.

    Linux hands the peak of the process that started this one down through getrusage, so its own is read from /proc.
    """
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    status = Path("/proc/self/status")
    if status.is_file():
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes, where there is no /proc


if __name__ == "__main__":
    sys.exit(main())
