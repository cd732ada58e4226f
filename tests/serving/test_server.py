"""MLflow's own scoring server, running: its answers against the offline prediction, and its end."""

import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from rehead.detector.build import build_detector
from rehead.detector.checkpoint import load_detector, save_detector
from rehead.detector.plan import ModelPlan
from rehead.evaluation.prediction import predict_image
from rehead.registry.packaging import package_detector
from rehead.serving.answers import write_answer
from rehead.serving.settings import Settings
from tests.serving.ports import free_port


def _photograph() -> bytes:
    image = Image.effect_noise((120, 90), 60).convert("RGB")
    ImageDraw.Draw(image).ellipse((30, 20, 80, 70), fill=(200, 40, 40))
    stream = io.BytesIO()
    image.save(stream, format="JPEG")
    return stream.getvalue()


def _post(address: str, body: Any) -> tuple[int, str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}/invocations", data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def detector_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    plan = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
    folder = tmp_path_factory.mktemp("server") / "detector"
    save_detector(build_detector(plan, ("seed", "nut")), folder)
    return folder


@pytest.fixture(scope="module")
def address(detector_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server, started the way `rehead serve` starts it, and ended by SIGTERM."""
    package = package_detector(
        detector_folder, detector_folder.with_name("model"), settings=Settings(thresholds={"seed": 1.0, "nut": 0.0})
    )
    port = free_port()
    program = (
        f"import sys; from rehead.serving.server import serve; sys.exit(serve({str(package.folder)!r}, port={port}))"
    )
    home = tmp_path_factory.mktemp("home")
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", program], cwd=home, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + 200
        while "ready: " not in (home / "log").read_text():
            alive = server.poll() is None and time.monotonic() < deadline
            assert alive, f"status {server.poll()}: {(home / 'log').read_text()[-3000:]}"
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, "the server outlived its parent"
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.mark.slow
def test_the_server_answers_as_the_offline_prediction(address: str, detector_folder: Path) -> None:
    photograph = _photograph()
    pixels = np.array(Image.open(io.BytesIO(photograph)))
    detector = load_detector(detector_folder)
    image_chw = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
    found = predict_image(detector, image_chw, score_threshold=0.1)
    expected = write_answer(found, detector.classes, mask_format="rle")
    body = {"inputs": {"image": [base64.b64encode(photograph).decode()]}, "params": {"score_threshold": 0.1}}
    status, text = _post(address, body)
    assert expected["boxes"]
    assert (status, json.loads(text)["predictions"]) == (200, [expected])


@pytest.mark.slow
@pytest.mark.parametrize("params", [{}, {"mask_format": "none"}, {"score_threshold": None}])
def test_without_a_threshold_each_class_has_its_own(address: str, params: dict[str, Any]) -> None:
    body = {"inputs": {"image": [base64.b64encode(_photograph()).decode()]}}
    answers = [_post(address, body | {"params": sent})[1] for sent in (params, {"score_threshold": 1.0})]
    own, none = (json.loads(text)["predictions"][0] for text in answers)
    assert own["scores"]
    assert max(own["scores"]) < 0.5, "they are answered for their class's threshold of 0"
    assert none["scores"] == []


@pytest.mark.slow
@pytest.mark.parametrize("form", ["inputs", "instances", "dataframe_records", "dataframe_split"])
def test_every_form_of_request_that_mlflow_knows_is_answered(address: str, form: str) -> None:
    image = base64.b64encode(_photograph()).decode()
    content = {
        "inputs": {"image": [image, image]},
        "instances": [{"image": image}, {"image": image}],
        "dataframe_records": [{"image": image}, {"image": image}],
        "dataframe_split": {"columns": ["image"], "data": [[image], [image]]},
    }[form]
    status, text = _post(address, {form: content})
    assert (status, len(json.loads(text).get("predictions", []))) == (200, 2)


@pytest.mark.slow
@pytest.mark.parametrize("cell", [None, 7, "", "AAAA" * 500, "/etc/passwd", "http://127.0.0.1:9/x"])
def test_a_bad_image_gets_a_short_answer_without_echo_path_or_traceback(address: str, cell: object) -> None:
    status, text = _post(address, {"inputs": {"image": [cell]}})
    assert status == 400
    assert len(text) < 400
    assert not any(word in text for word in ("Traceback", "stack_trace", ".py", "AAAA", "passwd", "127.0.0.1"))


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [2, -1, float("nan")])
def test_a_threshold_out_of_range_is_refused(address: str, threshold: float) -> None:
    body = {
        "inputs": {"image": [base64.b64encode(_photograph()).decode()]},
        "params": {"score_threshold": threshold},
    }
    assert _post(address, body)[0] == 400
