"""A port for a server of a test."""

import contextlib
import random
import socket


def free_port() -> int:
    """Find a port below those that outgoing connections take, so that it is still free when the server starts."""
    for port in random.Random().sample(range(20_000, 30_000), 50):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port among fifty")
