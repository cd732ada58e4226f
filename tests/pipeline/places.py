"""Places outside a project where data are kept: a folder that is shared, a bucket of S3."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from tests.pipeline.conftest import Project

KEYS = (("access_key_id", "reader"), ("secret_access_key", "reads"))

# The server asks who writes, and believes it.
WRITER = "AWS4-HMAC-SHA256 Credential=writer/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


class Place(Protocol):
    """Where data are kept."""

    def put(self, name: str, content: bytes) -> None:
        """Store a file under a name with / between folders."""
        ...

    def introduce(self, project: Project, remote: str, below: str, *options: str) -> None:
        """Tell a project's DVC of the place's folder `below`, under the name `remote`."""
        ...


class Folder:
    """A folder that everybody has mounted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def introduce(self, project: Project, remote: str, below: str, *options: str) -> None:
        project.dvc("remote", "add", *options, remote, str(self.root / below))


class Bucket:
    """A new bucket on a server of S3's protocol."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.name = f"team-{uuid4().hex}"
        self._send(f"/{self.name}", b"")

    def put(self, name: str, content: bytes) -> None:
        self._send(f"/{self.name}/{name}", content)

    def _send(self, path: str, content: bytes) -> None:
        with closing(HTTPConnection(self.address, timeout=60)) as connection:
            connection.request("PUT", path, body=content, headers={"Authorization": WRITER})
            assert connection.getresponse().status == 200

    def introduce(self, project: Project, remote: str, below: str, *options: str) -> None:
        project.dvc("remote", "add", *options, remote, f"s3://{self.name}/{below}")
        project.dvc("remote", "modify", remote, "endpointurl", f"http://{self.address}")
        self.give_keys(project, remote)

    def give_keys(self, project: Project, remote: str) -> None:
        for key, value in KEYS:
            project.dvc("remote", "modify", "--local", remote, key, value)


@contextmanager
def served(log: Path) -> Iterator[str]:
    """Run a server of S3's protocol in a process of its own; gives its host and port."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        _wait_for(port, process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        with closing(socket.socket()) as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"the server did not start (exit code {process.poll()})")
