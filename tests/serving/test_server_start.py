"""Starting MLflow's own scoring server: its environment, what is asked before, and what is told until it is ready."""

import base64
import json
import os
import re
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from rehead.serving.server import _announce, curl_example, serve, server_environment
from tests.serving.ports import free_port


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
        serve("models:/rehead@champion", port=free_port())


class _Pong(BaseHTTPRequestHandler):
    """Answers as a server does that is ready."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def test_a_server_that_takes_long_is_told_of_until_it_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    port, ready = free_port(), threading.Event()
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


@pytest.mark.slow
def test_a_server_that_cannot_start_says_what_to_look_at(tmp_path: Path) -> None:
    program = f"import sys; from rehead.serving.server import serve; sys.exit(serve({str(tmp_path / 'none')!r}))"
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert ended.returncode != 0
    assert f"does {tmp_path / 'none'} exist" in ended.stdout
