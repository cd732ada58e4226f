"""MLflow asked to evaluate by its own interface, with a store of its own."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from rehead.evaluation.coco_map import coco_map
from rehead.files import write_json
from rehead.reporting.mlflow_evaluator import CocoEvaluator, image_table
from tests.evaluation.test_comparison import found, truth_of

IMAGES = 6
_SIGNATURE = mlflow.models.ModelSignature(
    inputs=mlflow.types.Schema([mlflow.types.ColSpec("binary", "image")]),
    params=mlflow.types.ParamSchema(
        [
            mlflow.types.ParamSpec("score_threshold", "float", 0.5),
            mlflow.types.ParamSpec("mask_format", "string", "rle"),
        ]
    ),
)


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    """Six images of 110 pixels, each of a grey of its own."""
    truth = truth_of(IMAGES)
    write_json(tmp_path / "test.json", truth)
    for image in truth["images"]:
        Image.new("L", (110, 110), image["id"]).save(tmp_path / image["file_name"])
    return image_table(tmp_path / "test.json", tmp_path)


def answers(*, missed: set[int]) -> dict[int, dict[str, Any]]:
    """What a model answers that finds all but class a in some images, in our form; its classes count from 1."""
    told: dict[int, dict[str, Any]] = {
        n: {"boxes": [], "labels": [], "class_names": [], "scores": [], "masks": []} for n in range(1, IMAGES + 1)
    }
    for result in found(truth_of(IMAGES), missed=missed):
        x, y, w, h = result["bbox"]
        answer = told[result["image_id"]]
        answer["boxes"].append([x, y, x + w, y + h])
        answer["labels"].append(3 - result["category_id"])  # its own order of classes
        answer["class_names"].append("ab"[result["category_id"] - 1])
        answer["scores"].append(result["score"])
        answer["masks"].append(result["segmentation"])
    return told


class Known(mlflow.pyfunc.PythonModel):
    """Knows the images by their grey."""

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> list[Any]:
        assert params is not None
        assert (params["score_threshold"], params["mask_format"]) == (0.0, "rle")
        told = answers(missed={1})
        greys = [int(np.asarray(Image.open(io.BytesIO(data))).flat[0]) for data in model_input["image"]]
        return [told[grey] for grey in greys]


def test_mlflow_finds_the_evaluator_among_its_plugins() -> None:
    assert "coco" in mlflow.models.list_evaluators()


def test_it_takes_instance_segmentation_alone() -> None:
    assert CocoEvaluator.can_evaluate(model_type="instance-segmentation", evaluator_config={})
    assert not CocoEvaluator.can_evaluate(model_type="classifier", evaluator_config={})


@pytest.mark.slow
def test_any_model_that_answers_as_ours_is_scored_and_logged(
    table: pd.DataFrame, empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    with mlflow.start_run() as run:
        model = mlflow.pyfunc.log_model(name="model", python_model=Known(), signature=_SIGNATURE).model_uri
        config = {"resamples": 20, "overlays": 2}
        scored = mlflow.models.evaluate(
            model, table, model_type="instance-segmentation", evaluators="coco", evaluator_config=config
        )
        kept = table.assign(answer=pd.Series(list(answers(missed={1}).values()), dtype=object))
        static = mlflow.models.evaluate(
            data=kept,
            predictions="answer",
            model_type="instance-segmentation",
            evaluators="coco",
            evaluator_config=config,
        )
    expected = coco_map(truth_of(IMAGES), found(truth_of(IMAGES), missed={1}))
    assert scored.metrics["mask_AP"] == pytest.approx(expected.mask["AP"], abs=1e-12)
    assert scored.metrics["box_AP50"] == pytest.approx(expected.box["AP50"], abs=1e-12)
    assert static.metrics == scored.metrics
    client = mlflow.MlflowClient()
    data = client.get_run(run.info.run_id).data
    assert data.metrics["mask_AP/a"] == pytest.approx(expected.per_class["a"]["mask_AP"])
    assert json.loads(data.tags["mlflow.loggedArtifacts"])[0]["path"] == "evaluation/per_class.json"
    assert {Path(file.path).name for file in client.list_artifacts(run.info.run_id, "evaluation")} >= {
        "analysis.json",
        "evaluation.json",
        "per_class.json",
        "predictions.json",
    }
    assert mlflow.load_table("evaluation/per_class.json", run_ids=[run.info.run_id])["class"].tolist() == ["a", "b"]
    figures = {Path(file.path).stem for file in client.list_artifacts(run.info.run_id, "figures")}
    assert figures == {name.removeprefix("figure_") for name in scored.artifacts if name.startswith("figure_")}
    assert {"confusion", "precision_recall", "by_iou", "classes"} < figures
    assert [name for name in scored.artifacts if name.startswith("figure_worst-")][:1] == ["figure_worst-1"]
    assert "mask AP" in scored.artifacts["summary"].content
    assert "summary.md" in {file.path for file in client.list_artifacts(run.info.run_id)}
    assert scored.artifacts["analysis"].content["thresholds"] == {"a": 0.5, "b": 0.5}, "where none are known"
    assert scored.artifacts["evaluation"].content["mask"]["AP"] == scored.metrics["mask_AP"]
