"""`mlflow models serve` as a child with the environment it needs, a line when it is ready, and a clean end."""

import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from rehead.tracking.store import tracking_uri

_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 300.0
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
}


def serve(model_uri: str, host: str = "127.0.0.1", port: int = 5000) -> int:
    """Serve a model folder or models:/ URI until SIGINT or SIGTERM; returns the exit status of MLflow's server."""
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    command += ["--model-uri", model_uri, "--host", host, "--port", str(port)]
    child = subprocess.Popen(command, env=server_environment(tracking_uri()))
    stopped = _forward_signals(child)
    announce = threading.Thread(target=_announce, args=(child, host, port, print), daemon=True)
    announce.start()
    status = child.wait()
    return 0 if stopped.is_set() else status


def server_environment(uri: str) -> dict[str, str]:
    """Give the child what it needs: uvicorn from this Python's folder on PATH, the registry, and no pickle."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, **_ENVIRONMENT, "PATH": path, "MLFLOW_TRACKING_URI": uri}


def curl_example(host: str, port: int) -> str:
    """Write a request of one photograph for a shell."""
    body = """'{"inputs": {"image": ["'"$(base64 -w0 photo.jpg)"'"]}}'"""
    address = f"http://{host}:{port}/invocations"
    return f"echo {body} | curl -s -H 'Content-Type: application/json' -d @- {address}"


def _forward_signals(child: subprocess.Popen[bytes]) -> threading.Event:
    """Pass SIGINT and SIGTERM on to the child as SIGTERM; the event tells whether one has come."""
    stopped = threading.Event()

    def forward(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()
        child.terminate()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, forward)
    return stopped


def _announce(child: subprocess.Popen[bytes], host: str, port: int, say: Callable[[str], None]) -> None:
    """Say that the server is ready once it answers; stay silent if it ended before."""
    pause = threading.Event()
    waited = 0.0
    while child.poll() is None and waited < _PATIENCE_SECONDS:
        if _answers(host, port):
            say(f"ready: http://{host}:{port}/invocations\nask it: {curl_example(host, port)}")
            return
        pause.wait(_POLL_SECONDS)
        waited += _POLL_SECONDS


def _answers(host: str, port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/ping", timeout=2) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False
