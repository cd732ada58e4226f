"""What it gains to look at every image in several views, and what it costs: analysis.json's `augmentation`."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from rehead.dataset.split import Split
from rehead.detector.build import Detector
from rehead.evaluation.augmented import look_by
from rehead.evaluation.comparison import compare
from rehead.evaluation.plan import ViewPlan
from rehead.evaluation.prediction import Look, look_once, predict_image
from rehead.evaluation.validation import predict_split

_TIMED = 8
"""Images on which the time is taken, one look after the other, so that a busy machine slows both alike."""


def gain_of(
    detector: Detector,
    split: Split,
    results: list[dict[str, Any]],
    views: ViewPlan | None,
    *,
    on_image: Callable[[], None] = lambda: None,
) -> dict[str, Any] | None:
    """Compare results in several views with those of one look, which every image gets here; None without views.

    `*_gain` bounds the gain in AP by a paired bootstrap over images, see `compare`. Seconds are of one image by itself.
    """
    if views is None:
        return None
    plain = predict_split(detector, split, on_image=on_image)
    found = compare(split.truth, plain, results, max_detections=detector.plan.max_detections)
    gains = {head: numbers["AP"] for head, numbers in found.heads.items()}
    once, several = _seconds(detector, split, (look_once, look_by(views)))
    return {
        "name": views.name,
        "views": views.count,
        **{f"{head}_AP": gain.second for head, gain in gains.items()},
        **{f"plain_{head}_AP": gain.first for head, gain in gains.items()},
        **{f"{head}_gain": [gain.low, gain.high] for head, gain in gains.items()},
        "verdict": gains["mask"].verdict,
        "seconds_per_image": several,
        "plain_seconds_per_image": once,
    }


def _seconds(detector: Detector, split: Split, looks: tuple[Look, ...]) -> list[float]:
    """Measure the mean time that an image takes by each look."""
    spent = [0.0] * len(looks)
    places = range(min(_TIMED, len(split)))
    for place in places:
        image_chw = split.pixels(place)
        for number, look in enumerate(looks):
            started = perf_counter()
            predict_image(detector, image_chw, look=look)
            spent[number] += perf_counter() - started
    return [seconds / max(len(places), 1) for seconds in spent]
