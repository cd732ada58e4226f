"""Pictures of a scored split as the page shows them: outlines of truth and prediction to be switched and slid."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehead.evaluation.analysis.judged import Judged, judge, names_of
from rehead.evaluation.analysis.report import THRESHOLD
from rehead.reporting import palette
from rehead.reporting.browser_choice import choose_images
from rehead.reporting.browser_pictures import ShownPicture, show_picture
from rehead.reporting.overlays import Object

SCRIPTS = ("image_browser.js", "image_browser_hands.js")
"""What the page runs for image_browser.html.j2, in this order."""
LOWEST_SCORE = 0.05
MOST_OBJECTS = 40_000
"""Labelled and shown objects in the page, each of about 200 bytes, beyond which it has fewer pictures."""
_ABOUT = {
    "worst": "Most is to be learnt here: missing objects, doubled or invented ones, wrong classes.",
    "label errors": "Where the labels rather than the model may be wrong. What to check is framed.",
    "surprising": "Errors that are unlike this model: it is sure where it is wrong, or misses what it usually finds.",
    "best": "What the model does well, for comparison.",
    "all": "All pictures in this page, worst first.",
}


@dataclass(frozen=True)
class BrowserClass:
    """A class, its colour as CSS, and the score from which its detections are shown at first."""

    name: str
    tint: str
    threshold: float


@dataclass(frozen=True)
class Group:
    """Pictures with something in common, in order."""

    name: str
    about: str
    image_ids: tuple[int, ...]


@dataclass(frozen=True)
class ImageBrowser:
    """All that image_browser.html.j2 needs."""

    pictures: tuple[ShownPicture, ...]
    groups: tuple[Group, ...]
    classes: tuple[BrowserClass, ...]
    lowest: float
    """Detections scored below this are not in the page."""
    left_out: int = 0
    """Pictures that were asked for and would have filled the page."""

    @property
    def image_ids(self) -> frozenset[int]:
        """Give the ids of the images in the page, each of which `#image-<id>` opens."""
        return frozenset(picture.image_id for picture in self.pictures)


def browser_of(
    truth: Mapping[str, Any],
    results: Sequence[Object],
    images: Path,
    *,
    analysis: Mapping[str, Any],
    thresholds: Mapping[str, float],
    limit: int,
) -> ImageBrowser | None:
    """Choose at most `limit` pictures of a split by its analysis.json, and outline truth and results on them.

    Where these hold more than `MOST_OBJECTS`, fewer are chosen in the same way.
    `truth` is a COCO document with RLE masks, `results` a COCO results list, `images` the folder of its `file_name`s.
    `thresholds` are scores by class name; a class that is not among them is shown from 0.5. None where there is no
    picture to show. Raises ValueError when a mask's size is not its picture's.
    """
    names, ids = names_of(truth), [image["id"] for image in truth["images"]]
    scores = {key: thresholds.get(name, THRESHOLD) for key, name in names.items()}
    groups = choose_images(analysis, ids, limit=limit)
    if not groups:
        return None
    asked = len(groups["all"])
    held = Counter(one["image_id"] for one in truth["annotations"])
    held.update(one["image_id"] for one in results if one["score"] >= scores[one["category_id"]])
    objects = sum(held[image_id] for image_id in groups["all"])
    if objects > MOST_OBJECTS:
        groups = choose_images(analysis, ids, limit=max(1, asked * MOST_OBJECTS // objects))
    lowest = min([LOWEST_SCORE, *scores.values()])
    judged = _judged(truth, results, set(groups["all"]), least=scores, lowest=lowest)
    shown = {
        picture.image["id"]: show_picture(
            picture, matching, images, names, thresholds=scores, analysis=analysis, among=len(judged.pictures)
        )
        for picture, matching, _ in judged
    }
    return ImageBrowser(
        tuple(shown[image_id] for image_id in groups["all"]),
        tuple(Group(name, _ABOUT[name], tuple(ids)) for name, ids in groups.items()),
        tuple(
            BrowserClass(name, palette.as_hex(palette.colour(at)), scores[key])
            for at, (key, name) in enumerate(names.items())
        ),
        lowest,
        asked - len(shown),
    )


def _judged(
    truth: Mapping[str, Any],
    results: Sequence[Object],
    chosen: set[int],
    *,
    least: Mapping[int, float],
    lowest: float,
) -> Judged:
    """Match masks in the chosen images, all detections from the lowest score on, however many there are."""
    part = dict(truth) | {
        "images": [image for image in truth["images"] if image["id"] in chosen],
        "annotations": [one for one in truth["annotations"] if one["image_id"] in chosen],
    }
    found = [one for one in results if one["image_id"] in chosen and one["score"] >= lowest]
    most = max(Counter(one["image_id"] for one in found).values(), default=1)
    return judge(part, found, heads=["mask"], least=least, max_detections=most)["mask"]
