"""The score of a packaged model as its clients would see it: through the loaded pyfunc, from image files.

Only the limits on a request's size are lifted: the evaluation had none, and the scores must agree.
"""

from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
from mlflow.pyfunc import PyFuncModel

from rehead.coco.results import read_results
from rehead.evaluation.agreement import agreed_map
from rehead.evaluation.answers import as_results
from rehead.evaluation.coco_map import Scores
from rehead.evaluation.validation import one_thread
from rehead.files import read_json
from rehead.progress import followed
from rehead.serving.images import Limits
from rehead.serving.model import DetectorModel

TOLERANCE = 1e-6


def score_model(location: str, dataset: Path, *, max_detections: int = 100, name: str = "") -> Scores:
    """Score a model folder or models:/ URI on the test split of a canonical dataset, by two evaluators.

    Its progress is shown under `name`, or else its location. Raises EvaluatorsDisagreeError if the evaluators differ:
    no promotion rests on such a score.
    """
    truth = read_json(dataset / "test.json")
    model = mlflow.pyfunc.load_model(location)
    served: DetectorModel = model.unwrap_python_model()
    served.lift_limits()
    results = results_of(model, truth, dataset / "images", name=name or location)
    return agreed_map(truth, read_results(results, truth), max_detections=max_detections, heads=("box", "mask"))


def refused_images(dataset: Path, limits: Limits) -> list[str]:
    """Name the test images that a server with these limits refuses, though they count in the score."""
    return [
        image["file_name"]
        for image in read_json(dataset / "test.json")["images"]
        if image["width"] * image["height"] > limits.max_pixels
        or (dataset / "images" / image["file_name"]).stat().st_size > limits.max_bytes
    ]


def results_of(model: PyFuncModel, truth: dict[str, Any], images: Path, *, name: str) -> list[dict[str, Any]]:
    """Ask the model, which is shown as `name`, for every image of a COCO file; returns COCO results.

    Each is computed by one thread, as the evaluation does: with more of them last bits differ, and one that moves an
    overlap across a threshold moved a mask AP by 1e-5.
    """
    results: list[dict[str, Any]] = []
    with one_thread():
        for image in followed(truth["images"], total=len(truth["images"]), what=f"score {name}"):
            table = pd.DataFrame({"image": [(images / image["file_name"]).read_bytes()]})
            answer = model.predict(table, params={"score_threshold": 0.0, "mask_format": "rle"})[0]
            results += as_results(answer, image["id"])
    return results


def check_agreement(found: float | None, reported: float | None) -> None:
    """Raise RuntimeError unless the package scores what the evaluation has reported."""
    agree = found == reported if found is None or reported is None else abs(found - reported) <= TOLERANCE
    if not agree:
        raise RuntimeError(
            f"the packaged model scores mask AP {found} on the test split, the evaluation reported {reported}: it does "
            "not answer as the evaluated one did, so it is not registered; run `dvc repro -f evaluate`"
        )
