"""The package's score against the reported one."""

from pathlib import Path
from typing import cast

import mlflow.pyfunc
import numpy as np
import pytest
import torch
from mlflow.pyfunc import PyFuncModel
from PIL import Image

from rehead import progress
from rehead.coco.plan import TilePlan
from rehead.dataset.split import load_split
from rehead.detector.build import tiled
from rehead.detector.checkpoint import load_detector, save_detector
from rehead.evaluation.answers import as_results
from rehead.evaluation.augmented import look_by
from rehead.evaluation.plan import ViewPlan
from rehead.evaluation.validation import predict_split
from rehead.files import write_json
from rehead.registry.packaging import package_detector
from rehead.registry.rescoring import check_agreement, refused_images, results_of
from rehead.serving.images import Limits
from rehead.serving.settings import Settings


def test_an_answer_becomes_coco_results() -> None:
    mask = {"size": [9, 9], "counts": "x"}
    answer = {"boxes": [[1.0, 2.0, 4.0, 8.0]], "labels": [3], "scores": [0.5], "masks": [mask]}
    expected = {"image_id": 7, "category_id": 3, "bbox": [1.0, 2.0, 3.0, 6.0], "score": 0.5, "segmentation": mask}
    assert as_results(answer, 7) == [expected]


@pytest.mark.parametrize(("found", "reported"), [(0.5, 0.5), (0.5, 0.5 + 9e-7), (None, None)])
def test_a_package_that_scores_as_reported_passes(found: float | None, reported: float | None) -> None:
    check_agreement(found, reported)


@pytest.mark.parametrize(("found", "reported"), [(0.5, 0.500002), (None, 0.5), (0.5, None), (float("nan"), 0.5)])
def test_a_package_that_scores_otherwise_is_refused(found: float | None, reported: float | None) -> None:
    with pytest.raises(RuntimeError, match=f"scores mask AP {found} .* reported {reported}"):
        check_agreement(found, reported)


@pytest.mark.parametrize(
    ("limits", "refused"),
    [(Limits(3, 12), []), (Limits(2, 12), ["a.png", "b.png"]), (Limits(3, 11), ["b.png"])],
)
def test_test_images_that_a_server_would_refuse_are_named(limits: Limits, refused: list[str], tmp_path: Path) -> None:
    images = [{"file_name": "a.png", "width": 3, "height": 3}, {"file_name": "b.png", "width": 4, "height": 3}]
    write_json(tmp_path / "test.json", {"images": images})
    (tmp_path / "images").mkdir()
    for image in images:
        (tmp_path / "images" / str(image["file_name"])).write_bytes(b"png")
    assert refused_images(tmp_path, limits) == refused


class _Blind:
    """A model that finds nothing, and notes by how many threads it is asked to."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def predict(self, table: object, params: object) -> list[dict[str, list[object]]]:
        self.threads.add(torch.get_num_threads())
        return [{"boxes": [], "labels": [], "scores": [], "masks": []}]


def test_a_package_computes_by_one_thread_as_the_evaluation_does(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"png")
    model, before = _Blind(), torch.get_num_threads()
    torch.set_num_threads(2)
    results_of(cast("PyFuncModel", model), {"images": [{"id": 1, "file_name": "a.png"}]}, tmp_path, name="")
    assert (model.threads, torch.get_num_threads()) == ({1}, 2)
    torch.set_num_threads(before)


def test_scoring_a_model_shows_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_LINE_SECONDS", 0.0)
    (tmp_path / "a.png").write_bytes(b"png")
    truth = {"images": [{"id": number, "file_name": "a.png"} for number in (1, 2)]}
    assert results_of(cast("PyFuncModel", _Blind()), truth, tmp_path, name="the package") == []
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "score the package: 1 of 2",
        "score the package: 2 of 2",
    ]


def test_a_package_joins_tiles_seen_in_several_views_as_the_evaluation_does(
    saved_detector: Path, tmp_path: Path
) -> None:
    detector = tiled(load_detector(saved_detector), TilePlan(size=64, overlap=0.3))
    save_detector(detector, tmp_path / "detector")
    views = ViewPlan(flip_horizontal=True)
    settings = Settings(thresholds={"seed": 0.9}, augment=views)
    package = package_detector(tmp_path / "detector", tmp_path / "model", settings=settings)
    images = [{"id": 1, "file_name": "a.png", "width": 110, "height": 60}]
    categories = [{"id": n, "name": name} for n, name in enumerate(detector.classes, start=1)]
    write_json(tmp_path / "test.json", {"images": images, "annotations": [], "categories": categories})
    write_json(tmp_path / "manifest.json", {"splits": {"test": {"fingerprint": "f" * 64}}})
    (tmp_path / "images").mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (60, 110, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "images" / "a.png")

    split = load_split(tmp_path, "test")
    evaluated = predict_split(detector, split, look=look_by(views))
    served = results_of(mlflow.pyfunc.load_model(str(package.folder)), split.truth, tmp_path / "images", name="")
    assert {tuple(result["segmentation"]["size"]) for result in served} == {(60, 110)}
    assert [(r["category_id"], r["segmentation"]) for r in served] == [
        (r["category_id"], r["segmentation"]) for r in evaluated
    ]
    assert [(r["bbox"], r["score"]) for r in served] == [(r["bbox"], r["score"]) for r in evaluated]
