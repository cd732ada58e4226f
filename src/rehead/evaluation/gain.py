"""What it gains to look at every image in several views (analysis.json's `augmentation`), and what it costs."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from rehead.dataset.split import Split
from rehead.detector.build import Detector
from rehead.evaluation.augmented import look_by
from rehead.evaluation.comparison import compare
from rehead.evaluation.plan import ViewPlan
from rehead.evaluation.prediction import look_once, predict_image
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

    `*_gain` bounds the gain in AP by a paired bootstrap over images, see `compare`; `pixels` is how many times those of
    one look the network sees. The seconds that this takes are no part of it: a report says the same at every run.
    """
    if views is None:
        return None
    plain = predict_split(detector, split, on_image=on_image)
    found = compare(split.truth, plain, results, max_detections=detector.plan.max_detections)
    gains = {head: numbers["AP"] for head, numbers in found.heads.items()}
    return {
        "name": views.name,
        "views": views.count,
        "pixels": round(views.pixels, 2),
        **{f"{head}_AP": gain.second for head, gain in gains.items()},
        **{f"plain_{head}_AP": gain.first for head, gain in gains.items()},
        **{f"{head}_gain": [gain.low, gain.high] for head, gain in gains.items()},
        "verdict": gains["mask"].verdict,
    }


def seconds_of(detector: Detector, split: Split, views: ViewPlan | None) -> dict[str, float]:
    """Measure the mean time that an image by itself takes in several views, and by one look; {} without views."""
    if views is None:
        return {}
    looks = {"seconds_per_image": look_by(views), "one_look_seconds_per_image": look_once}
    spent, places = dict.fromkeys(looks, 0.0), range(min(_TIMED, len(split)))
    for place in places:
        image_chw = split.pixels(place)
        for name, look in looks.items():
            started = perf_counter()
            predict_image(detector, image_chw, look=look)
            spent[name] += perf_counter() - started
    return {name: seconds / max(len(places), 1) for name, seconds in spent.items()}
