"""Errors as a client may see them: a short text, without the image, a path or a traceback."""

import logging
import secrets

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR, INVALID_PARAMETER_VALUE, RESOURCE_EXHAUSTED

from rehead.serving.images import RequestError

_log = logging.getLogger(__name__)


class ServingError(MlflowException):
    """An error whose text stays what it was.

    MLflow's scoring server puts the request's data in front of an exception's message before it answers; the
    answer is made by `serialize_as_json`, which goes back to the first text.
    """

    def __init__(self, text: str, *, code: int) -> None:
        super().__init__(text, error_code=code)
        self._text = text

    def serialize_as_json(self) -> str:
        """Give the body of the answer."""
        self.message = self._text
        return str(super().serialize_as_json())


def refusal(fault: RequestError) -> ServingError:
    """Turn a fault of the request into an answer with status 400."""
    return ServingError(str(fault), code=INVALID_PARAMETER_VALUE)


def overload() -> ServingError:
    """Say with status 429 that too many requests are waiting."""
    return ServingError("too many requests are waiting; try again later", code=RESOURCE_EXHAUSTED)


def breakdown(error: Exception) -> ServingError:
    """Turn any other error into an answer with status 500 and an id under which the log tells all."""
    identity = secrets.token_hex(4)
    _log.error("prediction failed, error id %s", identity, exc_info=error)
    text = f"the prediction failed; the server's log has the cause under error id {identity}"
    return ServingError(text, code=INTERNAL_ERROR)
