"""One training by this library in a process of its own: takes a specification as JSON, prints what came of it.

`stop_at` ends it after the first epoch whose validation reaches that mask AP; without `scored` nothing is validated.
The clock and the peak of memory leave validation out; the first filling of a cache counts.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from rehead.dataset.split import load_split
from rehead.detector.plan import ModelPlan
from rehead.detector.weights import first_detector
from rehead.evaluation.validation import score_split
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan


def trained(spec: dict[str, Any]) -> dict[str, Any]:
    """Train as the specification says; seconds are of training alone."""
    folder, plan = Path(spec["dataset"]), TrainPlan.model_validate(spec["train"])
    fit, validation = load_split(folder, "train"), load_split(folder, "val")
    detector = first_detector(ModelPlan.model_validate(spec["model"]), fit.classes, tile=None).detector
    wall, busy, epochs = 0.0, 0.0, []
    since, busy_since = time.perf_counter(), time.process_time()
    learner = Learner(detector, plan, images=len(fit))
    for epoch in train(learner, fit):
        wall, busy = wall + time.perf_counter() - since, busy + time.process_time() - busy_since
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        mask_ap = score_split(detector, validation).mask["AP"] if spec["scored"] else None
        epochs.append({"seconds": wall, "processor_seconds": busy, "mask_AP": mask_ap, "loss": epoch.losses["loss"]})
        print(f"epoch {epoch.number} {epochs[-1]}", file=sys.stderr, flush=True)
        if spec.get("stop_at") is not None and (mask_ap or 0.0) >= spec["stop_at"]:
            break
        since, busy_since = time.perf_counter(), time.process_time()
    return {
        "train_s": wall,
        "processor_s": busy,
        "images_per_s": len(epochs) * len(fit) / wall,
        "mask_ap": epochs[-1]["mask_AP"],
        "peak_rss_mib": peak,
        "epochs": epochs,
    }


if __name__ == "__main__":
    print(json.dumps(trained(json.loads(sys.argv[1]))))
