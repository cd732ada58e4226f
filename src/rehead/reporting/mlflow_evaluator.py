"""MLflow's evaluator `coco`: box, mask and boundary AP of any model that answers as ours do.

    table = image_table(Path("data/dataset/test.json"), Path("data/dataset/images"))
    mlflow.models.evaluate(model, table, model_type="instance-segmentation", evaluators="coco")

MLflow imports this module with itself, so what an evaluation needs (pycocotools, matplotlib: 1.5 s) comes when it runs.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.models.evaluation.artifacts import ImageEvaluationArtifact, JsonEvaluationArtifact
from mlflow.models.evaluation.base import EvaluationArtifact, EvaluationResult, ModelEvaluator
from PIL import Image

from rehead.files import read_json, write_json
from rehead.reporting.packaged import own_limit, own_thresholds

MODEL_TYPE = "instance-segmentation"
_COLUMNS = ("image", "truth")


def image_table(truth: Path, images: Path) -> pd.DataFrame:
    """Lay out a COCO file for MLflow: a row for each image with its bytes, and its truth as JSON.

    The truth holds what COCO holds of the image: `image`, `annotations`, `categories`.
    """
    document = read_json(truth)
    found: dict[int, list[Any]] = {image["id"]: [] for image in document["images"]}
    for annotation in document["annotations"]:
        found[annotation["image_id"]].append(annotation)
    rows = [
        {
            "image": (images / image["file_name"]).read_bytes(),
            "truth": json.dumps(
                {"image": image, "annotations": found[image["id"]], "categories": document["categories"]}
            ),
        }
        for image in document["images"]
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


class CocoEvaluator(ModelEvaluator):
    """Scores a model, or the answers of one in a column of the table, and logs numbers, tables and figures.

    `evaluator_config` may hold the fields of the `evaluate` section of params.yaml, `max_detections`, and `thresholds`,
    the score of each class from which objects are counted: the model's own if it tells them, else 100 and 0.5.
    """

    @classmethod
    def can_evaluate(cls, *, model_type: str, evaluator_config: Any, **kwargs: Any) -> bool:
        """Say whether this is the evaluator for a type of model."""
        return model_type == MODEL_TYPE

    def evaluate(
        self, *, model_type: str, dataset: Any, run_id: str, evaluator_config: Any, model: Any = None, **kwargs: Any
    ) -> EvaluationResult:
        """Return the metrics and artifacts; raises ValueError if the table or the model's answers are unsound."""
        from rehead.coco.results import read_results  # pycocotools, matplotlib: see above
        from rehead.evaluation.answers import as_results
        from rehead.evaluation.tables import class_metrics, flat_metrics
        from rehead.tracking.delivery import allowed_name

        table = dataset.features_data
        truth = _truth_of(table)
        settings = dict(evaluator_config or {})
        ids = {category["name"]: category["id"] for category in truth["categories"]}
        limit = int(settings.pop("max_detections", own_limit(model)))
        thresholds = settings.pop("thresholds", own_thresholds(model, ids))
        answers = dataset.predictions_data if model is None else _answers(model, table["image"])
        results = [
            result
            for image, answer in zip(truth["images"], answers, strict=True)
            for result in as_results(_with_ids(answer, ids), image["id"])
        ]
        known = {name: thresholds[name] for name in ids if name in thresholds}
        files = _evaluated(truth, read_results(results, truth, max_detections=limit), settings, limit, known)
        numbers = flat_metrics(files["evaluation.json"]) | class_metrics(files["evaluation.json"])
        metrics = {allowed_name(name): value for name, value in numbers.items()}
        if kwargs.get("model_id") is None:  # else MLflow logs them itself, with the model and the data
            mlflow.log_metrics(metrics, run_id=run_id)
        return EvaluationResult(metrics, _logged(run_id, files), run_id=run_id)


def _truth_of(table: Any) -> dict[str, Any]:
    """Put the truth of all rows together again, as one COCO document."""
    missing = [name for name in _COLUMNS if not isinstance(table, pd.DataFrame) or name not in table.columns]
    if missing:
        raise ValueError(
            f"the data has no column {' and no '.join(missing)}: "
            "make it by rehead.reporting.mlflow_evaluator.image_table(COCO_FILE, IMAGES_FOLDER)"
        )
    parts = [json.loads(text) for text in table["truth"]]
    if not parts:
        raise ValueError("the data has no row: give a row for each image")
    return {
        "images": [part["image"] for part in parts],
        "annotations": [_canonical(annotation) for part in parts for annotation in part["annotations"]],
        "categories": parts[0]["categories"],
    }


def _canonical(annotation: dict[str, Any]) -> dict[str, Any]:
    """Let pass what `ingest` writes alone: of other forms evaluators crash, or lose the object that has number 0."""
    mask = annotation.get("segmentation")
    sound = isinstance(mask, dict) and isinstance(mask.get("counts"), str)
    if not sound or "iscrowd" not in annotation or annotation.get("id", 0) < 1:
        raise ValueError(
            f"annotation {annotation.get('id')} of image {annotation.get('image_id')} is none as `ingest` writes it "
            "(a number from 1 on, iscrowd, a mask as compressed run lengths): make the table of data/dataset/test.json"
        )
    return annotation


def _answers(model: Any, images: "pd.Series[Any]") -> Iterator[Mapping[str, Any]]:
    """Ask the model for one image after the other, with every score, as the whole curve needs them."""
    lift = getattr(model.unwrap_python_model(), "lift_limits", None) if hasattr(model, "unwrap_python_model") else None
    if lift is not None:
        lift()
    for image in images:
        yield model.predict(pd.DataFrame({"image": [image]}), params={"score_threshold": 0.0, "mask_format": "rle"})[0]


def _with_ids(answer: Mapping[str, Any], ids: Mapping[str, int]) -> dict[str, Any]:
    """Give each detection the truth's id of its class: a model counts its own classes from 1."""
    unknown = sorted(set(answer["class_names"]) - set(ids))
    if unknown:
        raise ValueError(f"the model finds {', '.join(unknown)}, which the truth does not know: {', '.join(ids)}")
    return {**answer, "labels": [ids[name] for name in answer["class_names"]]}


def _evaluated(
    truth: dict[str, Any],
    results: list[dict[str, Any]],
    settings: dict[str, Any],
    limit: int,
    thresholds: Mapping[str, float],
) -> dict[str, Any]:
    """Score and explain; returns the files in which it all is kept, by name."""
    from rehead.evaluation.analysis.report import analyse  # pycocotools: see above
    from rehead.evaluation.by_iou import by_iou
    from rehead.evaluation.coco_map import evaluate_heads, full_table
    from rehead.evaluation.plan import EvaluationPlan
    from rehead.evaluation.report import evaluation_report
    from rehead.evaluation.tables import CLASS_TABLE, class_table

    counts = {name: len(truth[name]) for name in ("images", "annotations")}
    evaluations = evaluate_heads(truth, results, max_detections=limit)
    scored = evaluation_report(truth, evaluations, EvaluationPlan(**settings), max_detections=limit, dataset=counts)
    analysis = analyse(truth, results, thresholds=thresholds, max_detections=limit)
    explained = {"dataset": counts, "per_class": full_table(evaluations), **analysis, "by_iou": by_iou(evaluations)}
    return {
        "evaluation.json": scored,
        "analysis.json": explained,
        "predictions.json": results,
        CLASS_TABLE: class_table(scored),
    }


def _logged(run_id: str, files: Mapping[str, Any]) -> dict[str, EvaluationArtifact]:
    """Send the files to the run's folder `evaluation`, and the figures of the analysis to `figures`."""
    from rehead.evaluation.tables import TABLE_TAG  # pycocotools, matplotlib: see above
    from rehead.reporting.analysis_figures import write_analysis_figures

    client = MlflowClient()
    root = client.get_run(run_id).info.artifact_uri
    logged: dict[str, EvaluationArtifact] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            write_json(Path(folder) / "evaluation" / name, content)
            uri = f"{root}/evaluation/{name}"
            logged[name.removesuffix(".json")] = JsonEvaluationArtifact(uri=uri, content=content)
        for path in write_analysis_figures(files["analysis.json"], Path(folder) / "figures"):
            with Image.open(path) as stream:
                picture = stream.copy()
            logged[f"figure_{path.stem}"] = ImageEvaluationArtifact(uri=f"{root}/figures/{path.name}", content=picture)
        client.log_artifacts(run_id, folder)
    for name, value in TABLE_TAG.items():
        client.set_tag(run_id, name, value)
    return logged
