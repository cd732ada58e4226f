"""The served model: an MLflow pyfunc around a detector, loaded from files whose hashes were checked first."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import torch
from mlflow.pyfunc import PythonModel, PythonModelContext
from numpy.typing import NDArray

from rehead.detector.build import Detector
from rehead.detector.checkpoint import load_detector
from rehead.evaluation.augmented import look_by
from rehead.evaluation.detections import Detections
from rehead.evaluation.prediction import Look, predict_image
from rehead.serving.answers import Wish, read_wish, write_answer
from rehead.serving.faults import ServingError, breakdown, overload, refusal
from rehead.serving.images import REQUEST, UNLIMITED, Limits, RequestError, read_image
from rehead.serving.manifest import verify_manifest
from rehead.serving.settings import Settings, read_settings

MAX_IMAGES = 16
_WARM_UP_SIDE = 64
_PATIENCE_SECONDS = 30.0
"""How long an image waits for its turn: half of what MLflow's server gives a request."""


class Predict(Protocol):
    """Finds objects in one image."""

    def __call__(
        self, detector: Detector, image_chw: torch.Tensor, /, *, score_threshold: float, look: Look
    ) -> Detections:
        """Return the detections whose score reaches the threshold."""
        ...


class DetectorModel(PythonModel):
    """Answers requests of up to 16 images, each by itself, so that an answer depends on its image alone.

    A model that was trained on tiles answers an image larger than a tile by tiles, one forward each: its time grows
    with the number of tiles, up to the image's pixels allowed. Settings that ask for further views of an image take as
    many looks at each. An object is answered from its class's threshold on, or from the request's on.

    MLflow calls `predict` from many threads at once; images take turns, so that memory and cores serve one of them.
    """

    def __init__(
        self,
        *,
        load: Callable[[Path], Detector] = load_detector,
        predict_one: Predict = predict_image,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._load = load
        self._predict_one = predict_one
        self._patience_seconds = patience_seconds
        self._turn = threading.Lock()
        self._detector: Detector | None = None
        self._settings = Settings()
        self._limits = REQUEST

    def load_context(self, context: PythonModelContext) -> None:
        """Check the model folder's hashes, load the detector and let it predict once.

        Raises ManifestError if a file was changed, added or lost.
        """
        folder = Path(context.artifacts["detector"])
        verify_manifest(folder.parent.parent)
        self._settings = read_settings(Path(context.artifacts["settings"]))
        self._limits = Limits(max_pixels=self._settings.max_pixels)
        self._detector = self._load(folder)
        self._answer(np.zeros((_WARM_UP_SIDE, _WARM_UP_SIDE, 3), np.uint8), Wish(0.5, "none"))

    def lift_limits(self) -> None:
        """Take images of any size from now on: for scoring in this process, which no request can ask for."""
        self._limits = UNLIMITED

    def predict(
        self, context: PythonModelContext | None, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Answer one row of the `image` column after the other; raises ServingError, and nothing else."""
        try:
            wish = read_wish(params or {})
            return [self._answer_cell(cell, row, wish) for row, cell in enumerate(_cells(model_input))]
        except ServingError:
            raise
        except RequestError as fault:
            raise refusal(fault) from None
        except Exception as error:
            raise breakdown(error) from None

    def _answer_cell(self, cell: object, row: int, wish: Wish) -> dict[str, Any]:
        """Wait for this image's turn, then decode it and answer; raises ServingError if too many wait before it."""
        if not self._turn.acquire(timeout=self._patience_seconds):
            raise overload()
        try:
            return self._answer(read_image(cell, row=row, limits=self._limits), wish)
        finally:
            self._turn.release()

    def _answer(self, image_hwc: NDArray[np.uint8], wish: Wish) -> dict[str, Any]:
        assert self._detector is not None, "load_context comes before predict"
        image_chw = torch.from_numpy(image_hwc).permute(2, 0, 1).float() / 255
        least = self._settings.least(self._detector.classes, wish.score_threshold)
        look = look_by(self._settings.augment)
        found = self._predict_one(self._detector, image_chw, score_threshold=min(least), look=look)
        return write_answer(found.reaching(least), self._detector.classes, mask_format=wish.mask_format)


def _cells(model_input: object) -> list[object]:
    """Take the images out of a request's table; raises RequestError on too few or too many."""
    if not isinstance(model_input, pd.DataFrame) or "image" not in model_input.columns:
        raise RequestError("the request must be a table with a column `image`")
    cells = list(model_input["image"])
    if len(cells) == 1 and isinstance(cells[0], list):
        cells = cells[0]  # what MLflow makes of {"inputs": {"image": [text, text]}}
    if not 1 <= len(cells) <= MAX_IMAGES:
        raise RequestError(f"a request holds 1 to {MAX_IMAGES} images, not {len(cells)}")
    return cells
