"""Starting MLflow's own scoring server: its environment, its end, and its answers against the offline prediction."""

import base64
import contextlib
import io
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
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
from rehead.serving.server import _announce, curl_example, serve, server_environment
from rehead.serving.settings import Settings


def test_the_server_finds_uvicorn_beside_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    first, _, rest = server_environment("sqlite:////a.db")["PATH"].partition(os.pathsep)
    assert (first, rest) == (str(Path(sys.executable).parent), "/nowhere")


def test_the_server_asks_the_registry_it_is_given_and_loads_no_pickle() -> None:
    environment = server_environment("sqlite:////a.db")
    assert environment["MLFLOW_TRACKING_URI"] == "sqlite:////a.db"
    assert environment["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"


def test_a_taken_port_is_refused_before_anything_starts() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = int(holder.getsockname()[1])
        with pytest.raises(ValueError, match=f"cannot listen on 127.0.0.1, port {port} .*: choose another by --port"):
            serve("anything", port=port)


@pytest.mark.slow
def test_a_champion_that_nobody_registered_is_asked_for_before_anything_starts(
    empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{empty_store}")
    told = f"no rehead@champion in sqlite:///{empty_store}: run `dvc repro register`"
    with pytest.raises(ValueError, match=re.escape(told)):
        serve("models:/rehead@champion", port=_free_port())


class _Pong(BaseHTTPRequestHandler):
    """Answers as a server does that is ready."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def test_a_server_that_takes_long_is_told_of_until_it_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    port, ready = _free_port(), threading.Event()
    child = subprocess.Popen(["sleep", "60"])
    waiting = threading.Thread(
        target=_announce, args=(child, "127.0.0.1", port, ready), kwargs={"reminder_seconds": 0.0}
    )
    waiting.start()
    try:
        assert not ready.wait(0.2)
        with HTTPServer(("127.0.0.1", port), _Pong) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            assert ready.wait(30)
            server.shutdown()
    finally:
        child.kill()
        child.wait()
        waiting.join()
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("no answer from the server after 0 s: still waiting")
    assert last.startswith("ask it: echo")


def test_the_example_for_the_shell_sends_a_valid_request(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8 photo")
    echo = curl_example("127.0.0.1", 5000).partition(" | ")[0]
    sent = subprocess.run(["bash", "-c", echo], cwd=tmp_path, capture_output=True, check=True).stdout
    assert base64.b64decode(json.loads(sent)["inputs"]["image"][0]) == b"\xff\xd8 photo"


def _photograph() -> bytes:
    image = Image.effect_noise((120, 90), 60).convert("RGB")
    ImageDraw.Draw(image).ellipse((30, 20, 80, 70), fill=(200, 40, 40))
    stream = io.BytesIO()
    image.save(stream, format="JPEG")
    return stream.getvalue()


def _free_port() -> int:
    """Find a port below those that outgoing connections take, so that it is still free when the server starts."""
    for port in random.Random().sample(range(20_000, 30_000), 50):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port among fifty")


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
    port = _free_port()
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
def test_a_server_that_cannot_start_says_what_to_look_at(tmp_path: Path) -> None:
    program = f"import sys; from rehead.serving.server import serve; sys.exit(serve({str(tmp_path / 'none')!r}))"
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert ended.returncode != 0
    assert f"does {tmp_path / 'none'} exist" in ended.stdout


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
