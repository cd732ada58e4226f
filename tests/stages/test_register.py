"""The stage as the pipeline runs it: registered once, champion by score, a receipt and a card; or a reason."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
import torch
from mlflow.tracking import MlflowClient
from PIL import Image

from rehead.coco.rle import area
from rehead.dataset.split import load_split
from rehead.detector.build import Detector, build_detector
from rehead.detector.checkpoint import load_detector, save_detector
from rehead.detector.plan import ModelPlan
from rehead.evaluation.detections import coco_results
from rehead.evaluation.prediction import predict_image
from rehead.evaluation.validation import score_split
from rehead.files import read_json, sha256_of, write_json
from stages import register

PARAMS = "register: {name: tested}\n"


def _write_dataset(folder: Path, detector: Detector) -> None:
    """Two images, with what the detector finds best in each of them as truth, so that its AP is not 0."""
    (folder / "images").mkdir(parents=True)
    annotations = []
    for number, image in enumerate(np.random.default_rng(0).integers(0, 255, (2, 64, 64, 3), dtype=np.uint8), start=1):
        Image.fromarray(image).save(folder / "images" / f"{number}.png")
        found = coco_results(predict_image(detector, torch.from_numpy(image).permute(2, 0, 1) / 255), image_id=number)
        best = max((thing for thing in found if area(thing["segmentation"]) > 20), key=lambda thing: thing["score"])
        annotations.append({**best, "id": number, "area": area(best["segmentation"]), "iscrowd": 0})
    truth = {
        "categories": [{"id": 1, "name": "seed"}, {"id": 2, "name": "nut"}],
        "images": [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 64} for n in (1, 2)],
        "annotations": annotations,
    }
    write_json(folder / "test.json", truth)
    write_json(folder / "manifest.json", {"categories": ["seed", "nut"], "splits": {"test": {"fingerprint": "f" * 64}}})


def _write_detector(folder: Path, seed: int) -> None:
    torch.manual_seed(seed)
    plan = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
    save_detector(build_detector(plan, ("seed", "nut")), folder)


Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project").resolve()
    (folder / "dvc.yaml").write_text("stages: {}\n")
    (folder / "params.yaml").write_text(PARAMS)
    for seed in (0, 1):
        _write_detector(folder / "detectors" / str(seed), seed)
    _write_dataset(folder / "data" / "dataset", load_detector(folder / "detectors" / "0"))
    return folder


@pytest.fixture
def run(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Evaluate one of the two detectors as the pipeline would, then run the stage; returns the receipt."""
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    before = mlflow.get_tracking_uri()

    def _run(seed: int, *, claimed: float | None = None, thresholds: dict[str, float] | None = None) -> dict[str, Any]:
        paths = {name: project / "reports" / f"{name}.json" for name in ("evaluation", "training", "registration")}
        split = load_split(project / "data" / "dataset", "test")
        detector = project / "detectors" / str(seed)
        scores = score_split(load_detector(detector), split).as_dict()
        if claimed is not None:
            scores["mask"]["AP"] = claimed
        chosen = {"classes": {name: {"score": score} for name, score in (thresholds or {}).items()}}
        dataset = {"split": "test", "fingerprint": split.fingerprint}
        write_json(paths["evaluation"], {**scores, "dataset": dataset, "thresholds": chosen})
        write_json(paths["training"], {"run_id": None})
        register.main(
            detector=detector,
            dataset=project / "data" / "dataset",
            evaluation=paths["evaluation"],
            training=paths["training"],
            receipt=paths["registration"],
            card=project / "reports" / "model_card.md",
        )
        receipt: dict[str, Any] = read_json(paths["registration"])
        return receipt

    yield _run
    mlflow.set_tracking_uri(before)


SetParams = Callable[[str], None]


@pytest.fixture
def set_params(project: Path) -> Iterator[SetParams]:
    """Write the `register` section for the next run; the project's own comes back."""
    file = project / "params.yaml"

    def _set(fields: str) -> None:
        file.write_text(f"register: {{{fields}}}\n")

    yield _set
    file.write_text(PARAMS)


def test_the_first_model_becomes_champion_and_says_so(run: Run) -> None:
    receipt = run(0)
    assert (receipt["name"], receipt["version"], receipt["alias"]) == ("tested", 1, "champion")
    assert receipt["mask_AP"] > 0.1


def test_the_receipt_has_the_keys_that_other_tools_read(run: Run) -> None:
    keys = {"name", "version", "alias", "promoted", "because", "model_sha256", "dataset_fingerprint", "git_commit"}
    assert keys <= run(0).keys()


def test_the_same_model_again_writes_the_same_receipt(run: Run, project: Path) -> None:
    run(0)
    run(0)
    first = sha256_of(project / "reports" / "registration.json")
    run(0)
    assert sha256_of(project / "reports" / "registration.json") == first


@pytest.mark.slow
def test_one_model_another_and_the_first_again_are_two_versions(run: Run, project: Path) -> None:
    assert [run(0)["version"], run(1)["version"], run(0)["version"]] == [1, 2, 1]
    uri = f"sqlite:///{project / 'data' / 'mlflow.db'}"
    assert MlflowClient(uri, uri).get_model_version_by_alias("tested", "challenger").version in (1, "1")


def test_the_model_card_is_written(run: Run, project: Path) -> None:
    run(0)
    assert (project / "reports" / "model_card.md").read_text().strip()


def test_a_package_that_does_not_score_as_evaluated_is_not_registered(run: Run) -> None:
    with pytest.raises(RuntimeError, match=r"scores mask AP .* the evaluation reported 0\.99"):
        run(0, claimed=0.99)


def test_the_threshold_of_the_parameters_is_the_served_models(run: Run, set_params: SetParams) -> None:
    set_params("name: strict, score_threshold: 0.75")
    run(0)
    settings = mlflow.artifacts.download_artifacts("models:/strict@champion/artifacts/serving.json")
    assert read_json(Path(settings))["score_threshold"] == 0.75


@pytest.mark.slow
def test_new_serving_settings_reach_the_champion_and_old_ones_come_back(run: Run, set_params: SetParams) -> None:
    versions = []
    for megapixels in (25, 50, 25):
        set_params(f"name: resized, max_megapixels: {megapixels}")
        versions.append((run(0)["version"], run(0)["alias"]))
    assert versions == [(1, "champion"), (2, "champion"), (1, "champion")]


@pytest.mark.slow
def test_new_thresholds_are_another_package_of_the_same_model(run: Run, set_params: SetParams) -> None:
    set_params("name: calibrated")
    receipts = [run(0, thresholds={"seed": 0.3, "nut": score}) for score in (0.4, 0.6, 0.4)]
    assert [(one["version"], one["alias"]) for one in receipts] == [(1, "champion"), (2, "champion"), (1, "champion")]
    assert len({one["model_sha256"] for one in receipts}) == 1
    assert receipts[1]["serving"]["thresholds"] == {"seed": 0.3, "nut": 0.6}


def test_a_test_image_too_large_for_a_request_is_scored_and_named(
    run: Run, project: Path, set_params: SetParams, capsys: pytest.CaptureFixture[str]
) -> None:
    set_params("name: roomy")
    image = project / "data" / "dataset" / "images" / "2.png"
    whole = image.read_bytes()
    try:
        image.write_bytes(whole + bytes(20_000_000))
        receipt = run(0)
    finally:
        image.write_bytes(whole)
    assert (receipt["alias"], receipt["refused_test_images"]) == ("champion", ["2.png"])
    assert "too large for the served model (register.max_megapixels): 1 of test, 2.png" in capsys.readouterr().out
