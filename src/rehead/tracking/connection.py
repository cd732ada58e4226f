"""Requests to MLflow that end soon, whatever the server does."""

import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# MLflow's own 7 retries of up to 120 s stall each call for minutes when the server is gone.
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
_PROBE_SECONDS = 3
_GATEWAY_FAULTS = {502, 503, 504}
_OUR_MISTAKES = {"INVALID_PARAMETER_VALUE", "BAD_REQUEST"}
_MESSAGE_LENGTH = 300


class StoreUnavailable(Exception):
    """The store did not take what was sent: away, busy, closed to us, or without the run."""


class StoreRefusal(ValueError):
    """The store is there and refuses the value itself, such as a parameter that changed within a run."""


def load_mlflow() -> Any:
    """Import MLflow. Here and not at the top of files: it takes 4 to 6 s, and few commands come this far."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow

    return mlflow


def open_client(uri: str) -> Any:
    """Return an MlflowClient for the runs and the registry of one store."""
    return load_mlflow().MlflowClient(tracking_uri=uri, registry_uri=uri)


@contextmanager
def bounded_requests() -> Iterator[None]:
    """Let MLflow's requests in the block fail within about ten seconds, unless the environment says otherwise.

    Raises StoreUnavailable in place of MLflow's and the network's errors, StoreRefusal where a value is at fault.
    """
    added = {name: value for name, value in _PATIENCE.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    except load_mlflow().MlflowException as error:
        if error.error_code in _OUR_MISTAKES:
            raise StoreRefusal(_shortened(error)) from error
        raise StoreUnavailable(_shortened(error)) from error
    except OSError as error:
        raise StoreUnavailable(_shortened(error)) from error
    finally:
        for name in added:
            os.environ.pop(name, None)


def silence_of(uri: str) -> str | None:
    """Ask a tracking server whether it is there; returns why not, None when it answers or is no server."""
    if not uri.startswith(("http://", "https://")):
        return None
    try:
        urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=_PROBE_SECONDS).close()
    except urllib.error.HTTPError as error:
        with error:
            return f"HTTP {error.code}" if error.code in _GATEWAY_FAULTS else None
    except OSError as error:
        # A certificate that Python does not know may be one that MLflow was told to accept.
        return None if isinstance(getattr(error, "reason", None), ssl.SSLError) else _shortened(error)
    return None


def _shortened(error: Exception) -> str:
    """Keep the start of a message; MLflow's run over several screens."""
    return (str(error) or type(error).__name__).splitlines()[0][:_MESSAGE_LENGTH]
