"""MLflow's evaluator `coco`: box, mask and boundary AP of any model that answers as ours do.

    table = image_table(Path("data/dataset/test.json"), Path("data/dataset/images"))
    mlflow.models.evaluate(model, table, model_type="instance-segmentation", evaluators="coco")

MLflow imports this module with itself, so what an evaluation needs (pycocotools, matplotlib: 1.5 s) comes when it runs.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.models.evaluation.base import EvaluationResult, ModelEvaluator

from rehead.files import read_json
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
    """Scores a model, or the answers of one in a column of the table, and logs numbers, tables, figures and overlays.

    `evaluator_config` may hold `resamples`, `confidence`, `seed` and `overlays` of the `evaluate` section of
    params.yaml, `max_detections`, and `thresholds`, the score of each class from which objects are counted: the model's
    own if it tells them, else 100 and 0.5.
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
        from rehead.evaluation.plan import EvaluationPlan
        from rehead.evaluation.tables import class_metrics, flat_metrics
        from rehead.reporting.mlflow_artifacts import evaluated, logged
        from rehead.tracking.delivery import allowed_name

        table = dataset.features_data
        truth = _truth_of(table)
        settings = _honoured(evaluator_config or {})
        ids = {category["name"]: category["id"] for category in truth["categories"]}
        limit = int(settings.pop("max_detections", own_limit(model)))
        own = {name: score for name, score in own_thresholds(model, ids).items() if name in ids}
        thresholds, plan = settings.pop("thresholds", own), EvaluationPlan(**settings)
        answers = dataset.predictions_data if model is None else _answers(model, table["image"])
        results = [
            result
            for image, answer in zip(truth["images"], answers, strict=True)
            for result in as_results(_with_ids(answer, ids), image["id"])
        ]
        checked = read_results(results, truth, max_detections=limit)
        files = evaluated(truth, checked, plan, max_detections=limit, thresholds=thresholds)
        numbers = flat_metrics(files["evaluation.json"]) | class_metrics(files["evaluation.json"])
        metrics = {allowed_name(name): value for name, value in numbers.items()}
        if kwargs.get("model_id") is None:  # else MLflow logs them itself, with the model and the data
            mlflow.log_metrics(metrics, run_id=run_id)
        data = f"{dataset.name}, MLflow's hash {dataset.hash}"
        sent = logged(run_id, files, truth, table["image"], overlays=plan.overlays, data=data)
        return EvaluationResult(metrics, sent, run_id=run_id)


def _honoured(config: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse the settings that only the pipeline can follow."""
    unmet = sorted({"threshold", "augment"} & set(config))
    if unmet:
        raise ValueError(
            f"evaluator_config: {' and '.join(unmet)} cannot be followed here, since thresholds are chosen on a "
            "validation split and the model chooses its views: give `thresholds`, a score for each class, or nothing"
        )
    return dict(config)


def _truth_of(table: Any) -> dict[str, Any]:
    """Put the truth of all rows together again, as one COCO document; raises ValueError unless `ingest` wrote it."""
    from rehead.coco.results import sound_masks  # pycocotools: see above

    missing = [name for name in _COLUMNS if not isinstance(table, pd.DataFrame) or name not in table.columns]
    if missing:
        raise ValueError(
            f"the data has no column {' and no '.join(missing)}: "
            "make it by rehead.reporting.mlflow_evaluator.image_table(COCO_FILE, IMAGES_FOLDER)"
        )
    parts = [json.loads(text) for text in table["truth"]]
    if not parts:
        raise ValueError("the data has no row: give a row for each image")
    images, annotations = [part["image"] for part in parts], [one for part in parts for one in part["annotations"]]
    sizes = {image["id"]: (image.get("height"), image.get("width")) for image in images}
    classes = {category["id"] for category in parts[0]["categories"]}
    sound = sound_masks(annotations, sizes)
    for at, one in enumerate(annotations):
        # Of other forms evaluators crash or hang, or lose the object that has number 0.
        known = "iscrowd" in one and one.get("category_id") in classes and one.get("id", 0) > 0
        if at not in sound or not known:
            raise ValueError(
                f"annotation {one.get('id')} of image {one.get('image_id')} is none as `ingest` writes it (a number "
                "from 1 on, a known class, iscrowd, compressed run lengths that fill the image): make the table of "
                "data/dataset/test.json"
            )
    return {"images": images, "annotations": annotations, "categories": parts[0]["categories"]}


def _answers(model: Any, images: "pd.Series[Any]") -> Iterator[Mapping[str, Any]]:
    """Ask the model for one image after the other, with every score, as the whole curve needs them."""
    from rehead.evaluation.validation import one_thread  # torch: see above

    lift = getattr(model.unwrap_python_model(), "lift_limits", None) if hasattr(model, "unwrap_python_model") else None
    if lift is not None:
        lift()
    for image in images:
        asked = {"score_threshold": 0.0, "mask_format": "rle"}
        with one_thread():  # as the evaluation, whose numbers these are to be
            answer: Any = model.predict(pd.DataFrame({"image": [image]}), params=asked)
        if isinstance(answer, pd.DataFrame):
            answer = answer.to_dict("records")
        yield answer[0]


def _with_ids(answer: Mapping[str, Any], ids: Mapping[str, int]) -> dict[str, Any]:
    """Give each detection the truth's id of its class: a model counts its own classes from 1."""
    unknown = sorted(set(answer["class_names"]) - set(ids))
    if unknown:
        raise ValueError(f"the model finds {', '.join(unknown)}, which the truth does not know: {', '.join(ids)}")
    return {**answer, "labels": [ids[name] for name in answer["class_names"]]}
