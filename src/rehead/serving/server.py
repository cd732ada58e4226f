"""`mlflow models serve` as a child with the environment it needs, a line when it is ready, and a clean end."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

import psutil

from rehead.tracking.models import known_version
from rehead.tracking.store import tracking_uri

_POLL_SECONDS = 0.5
_REMINDER_SECONDS = 60.0
_GRACE_SECONDS = 20.0
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
}


def serve(model_uri: str, host: str = "127.0.0.1", port: int = 5000) -> int:
    """Serve a model folder or models:/ URI until SIGINT or SIGTERM; returns the exit status of MLflow's server.

    Raises ValueError if the port is taken, or the registry has no such version.
    """
    _check_free(host, port)
    known_version(model_uri)
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    command += ["--model-uri", model_uri, "--host", host, "--port", str(port)]
    registry = tracking_uri() if ":/" in model_uri else None
    child = subprocess.Popen(command, env=server_environment(registry))
    ending = _Ending(child)
    ready = threading.Event()
    threading.Thread(target=_announce, args=(child, host, port, ready), daemon=True).start()
    status = child.wait()
    if ending.asked:
        ending.finish()
        return 0
    if not ready.is_set():
        print(f"the server ended before it was ready, see above: does {model_uri} exist?")
    return status


def server_environment(registry: str | None) -> dict[str, str]:
    """Give the child what it needs: uvicorn from this Python's folder on PATH, the registry if any, and no pickle."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    named = {"MLFLOW_TRACKING_URI": registry} if registry else {}
    return {**os.environ, **_ENVIRONMENT, **named, "PATH": path}


def curl_example(host: str, port: int) -> str:
    """Write a request of one photograph for a shell."""
    body = """'{"inputs": {"image": ["'"$(base64 -w0 photo.jpg)"'"]}}'"""
    address = f"http://{host}:{port}/invocations"
    return f"echo {body} | curl -s -H 'Content-Type: application/json' -d @- {address}"


def _check_free(host: str, port: int) -> None:
    """Refuse a taken port at once: MLflow would load the model first, and another server's answers look like ours."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ValueError(
                f"cannot listen on {host}, port {port} ({error.strerror}): choose another by --port"
            ) from None


class _Ending:
    """Passes SIGINT and SIGTERM on to MLflow as SIGTERM, and sees the server below it off."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.asked = False
        self._child = child
        self._below: list[psutil.Process] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._pass_on)

    def _pass_on(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        with contextlib.suppress(psutil.NoSuchProcess):
            self._below = psutil.Process(self._child.pid).children(recursive=True) or self._below
        self._child.terminate()

    def finish(self) -> None:
        """Wait for uvicorn, which the kernel tells of MLflow's end and which answers its open requests first."""
        _, left = psutil.wait_procs(self._below, timeout=_GRACE_SECONDS)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _announce(
    child: subprocess.Popen[bytes],
    host: str,
    port: int,
    ready: threading.Event,
    *,
    reminder_seconds: float = _REMINDER_SECONDS,
) -> None:
    """Say that the server is ready once it answers, and now and then that it is not; stay silent once it ended."""
    pause = threading.Event()
    began = told = time.monotonic()
    while child.poll() is None:
        if _answers(host, port):
            print(f"ready: http://{host}:{port}/invocations\nask it: {curl_example(host, port)}", flush=True)
            ready.set()
            return
        now = time.monotonic()
        if now - told >= reminder_seconds:
            told = now
            print(f"no answer from the server after {now - began:.0f} s: still waiting, Ctrl-C ends it", flush=True)
        pause.wait(_POLL_SECONDS)


def _answers(host: str, port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/ping", timeout=2) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False
