"""The model folder: what lies in it, what it leaves out, and that it serves and refuses as it should."""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import mlflow.pyfunc
import pandas as pd
import pytest
import torch
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.pyfunc import PyFuncModel

from rehead.detector.checkpoint import load_detector
from rehead.detector.plan import ModelPlan
from rehead.evaluation.plan import ViewPlan
from rehead.evaluation.prediction import predict_image
from rehead.registry.packaging import Package, content_hash, package_detector, package_hash, settings_of
from rehead.registry.plan import RegisterPlan
from rehead.serving.answers import write_answer
from rehead.serving.images import read_image
from rehead.serving.manifest import ManifestError
from rehead.serving.settings import Settings, read_settings


@pytest.fixture(scope="module")
def served(package: Package) -> PyFuncModel:
    return mlflow.pyfunc.load_model(str(package.folder))


@pytest.fixture
def copy(package: Package, tmp_path: Path) -> Path:
    return Path(shutil.copytree(package.folder, tmp_path / "copy"))


def _example(package: Package) -> bytes:
    return base64.b64decode(json.loads((package.folder / "input_example.json").read_text())["data"][0][0])


def test_the_package_holds_no_pickle(package: Package) -> None:
    suffixes = {file.suffix for file in package.folder.rglob("*") if file.is_file()}
    assert suffixes <= {"", ".py", ".json", ".txt", ".yaml", ".safetensors"}


def test_the_package_names_no_absolute_path(package: Package) -> None:
    texts = [file.read_text() for file in package.folder.rglob("*") if file.is_file() and file.suffix != ".safetensors"]
    assert not any(str(place) in text for text in texts for place in (Path.cwd(), package.folder, "/tmp/", Path.home()))


def test_requirements_are_pinned(package: Package) -> None:
    pins = dict(line.split("==") for line in (package.folder / "requirements.txt").read_text().split())
    assert {"mlflow", "torch", "torchvision", "safetensors", "pycocotools"} <= pins.keys()


def test_the_signature_names_column_and_parameters(package: Package) -> None:
    signature = Model.load(str(package.folder)).signature
    assert signature.inputs.input_names() == ["image"]
    assert {spec.name: spec.default for spec in signature.params} == {"score_threshold": 0.25, "mask_format": "rle"}


EVALUATION = {
    "augment": {"flip_horizontal": True},
    "thresholds": {"classes": {"seed": {"score": 0.31, "f1": 0.9}, "nut": {"score": 0.62, "f1": 0.7}}},
}


def test_a_package_answers_as_it_was_evaluated() -> None:
    settings = settings_of(RegisterPlan(max_megapixels=3), EVALUATION)
    assert settings.thresholds == {"seed": 0.31, "nut": 0.62}
    assert settings.augment == ViewPlan(flip_horizontal=True)
    assert settings.max_pixels == 3_000_000


def test_one_threshold_of_the_parameters_stands_for_those_of_the_evaluation() -> None:
    assert settings_of(RegisterPlan(score_threshold=0.4), EVALUATION).least(["seed", "nut"]) == [0.4, 0.4]


def test_an_evaluation_that_knows_no_thresholds_leaves_the_common_one() -> None:
    assert settings_of(RegisterPlan(), {"mask": {"AP": 0.5}}) == Settings()


def test_thresholds_and_views_are_in_the_package_where_mlflow_shows_them(saved_detector: Path, tmp_path: Path) -> None:
    settings = settings_of(RegisterPlan(), EVALUATION)
    folder = package_detector(saved_detector, tmp_path / "model", settings=settings).folder
    assert read_settings(folder / "artifacts" / "serving.json") == settings
    described = Model.load(str(folder))
    assert described.metadata["thresholds"] == {"seed": 0.31, "nut": 0.62}
    assert described.metadata["max_detections"] == ModelPlan().max_detections
    assert {spec.name: spec.default for spec in described.signature.params}["score_threshold"] is None


def test_through_mlflow_each_class_has_its_threshold_unless_the_request_names_one(
    saved_detector: Path, package: Package, tmp_path: Path
) -> None:
    image = pd.DataFrame({"image": [_example(package)]})
    every = mlflow.pyfunc.load_model(str(package.folder)).predict(image, params={"score_threshold": 0.0})[0]
    nut = sorted(score for score, name in zip(every["scores"], every["class_names"], strict=True) if name == "nut")
    settings = Settings(thresholds={"nut": nut[len(nut) // 2], "seed": 1.0})
    folder = package_detector(saved_detector, tmp_path / "model", settings=settings).folder
    model = mlflow.pyfunc.load_model(str(folder))
    assert sorted(model.predict(image)[0]["scores"]) == nut[len(nut) // 2 :]
    assert model.predict(image, params={"score_threshold": 0.0})[0]["scores"] == every["scores"]


def test_packaging_again_gives_the_same_hashes(package: Package, saved_detector: Path, tmp_path: Path) -> None:
    again = package_detector(saved_detector, tmp_path / "again", settings=Settings(score_threshold=0.25))
    assert (again.model_sha256, again.package_sha256) == (package.model_sha256, package.package_sha256)


def test_other_settings_give_the_same_model_hash_and_another_package_hash(
    package: Package, saved_detector: Path, tmp_path: Path
) -> None:
    again = package_detector(saved_detector, tmp_path / "again", settings=Settings(score_threshold=0.9))
    assert again.model_sha256 == package.model_sha256
    assert again.package_sha256 != package.package_sha256


def test_other_source_gives_another_package_hash(package: Package, copy: Path) -> None:
    (copy / "code" / "rehead" / "serving" / "answers.py").write_text("")
    assert package_hash(copy) != package.package_sha256


def test_other_weights_give_another_model_hash(saved_detector: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(saved_detector, tmp_path / "other"))
    with (other / "weights.safetensors").open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"\x7f")
    assert content_hash(other) != content_hash(saved_detector)


def test_the_package_answers_as_the_detector_does(package: Package, served: PyFuncModel, saved_detector: Path) -> None:
    image = _example(package)
    detector = load_detector(saved_detector)
    image_chw = torch.from_numpy(read_image(image, row=0).copy()).permute(2, 0, 1).float() / 255
    found = predict_image(detector, image_chw, score_threshold=0.0)
    expected = write_answer(found, detector.classes, mask_format="rle")
    answer = served.predict(pd.DataFrame({"image": [image]}), params={"score_threshold": 0.0})
    assert expected["boxes"]
    assert answer == [expected]


def test_bytes_and_base64_have_the_same_answer(package: Package, served: PyFuncModel) -> None:
    image = _example(package)
    as_text = served.predict(pd.DataFrame({"image": [base64.b64encode(image).decode()]}))
    assert served.predict(pd.DataFrame({"image": [image]})) == as_text


@pytest.mark.parametrize("cell", [None, 3, ["x", 3], "", "/etc/passwd", "http://127.0.0.1:1/x", b"junk"])
def test_a_bad_image_is_refused_through_mlflow_with_its_row(served: PyFuncModel, cell: object) -> None:
    with pytest.raises(MlflowException, match="row 0") as caught:
        served.predict(pd.DataFrame({"image": [cell]}))
    assert caught.value.get_http_status_code() == 400


@pytest.mark.parametrize(
    "name", ["artifacts/detector/weights.safetensors", "artifacts/detector/config.json", "entry.py", "MLmodel"]
)
def test_a_package_with_a_changed_file_is_refused(copy: Path, name: str) -> None:
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data + b"\n")
    with pytest.raises(ManifestError, match=f"{name} was changed"):
        mlflow.pyfunc.load_model(str(copy))


def test_a_package_with_added_code_is_refused(copy: Path) -> None:
    (copy / "code" / "rehead" / "extra.py").write_text("")
    with pytest.raises(ManifestError, match=r"extra\.py was added"):
        mlflow.pyfunc.load_model(str(copy))


@pytest.mark.slow
def test_the_package_serves_where_rehead_is_not_installed(package: Package, tmp_path: Path) -> None:
    program = f"""
import sys
sys.path = [entry for entry in sys.path if not entry.startswith({str(Path.cwd())!r} + "/src")]
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
import mlflow.pyfunc
model = mlflow.pyfunc.load_model({str(package.folder)!r})
import rehead.serving.model
print(rehead.serving.model.__file__)
print(len(model.predict(model.input_example)))
"""
    told = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert told.stdout.split() == [str(package.folder / "code/rehead/serving/model.py"), "1"], told.stderr[-2000:]
