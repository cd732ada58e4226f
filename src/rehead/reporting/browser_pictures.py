"""One picture of the image browser: its pixels inside the page, outlines, tally, and doubts about its labels."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehead.evaluation.analysis.outcomes import Matching
from rehead.evaluation.analysis.pairs import Picture
from rehead.reporting.browser_objects import Objects, Shown, shown_objects
from rehead.reporting.browser_outlines import SHOWN_SIDE
from rehead.reporting.browser_states import FOUND, IGNORED
from rehead.reporting.overlays import scaled
from rehead.reporting.page import embed
from rehead.reporting.sheets import as_webp, read_rgb

_MANY = 48
_SIDE_OF_MANY = 480
_QUALITY = 80
"""Of the WebP; 86 takes a fifth more bytes and looks the same."""
_TINY = 400
_PANE = 400
_OBJECT_BYTES = 2_400_000
"""For all detections in the page; with the pictures it comes to about 5 MB for twelve of them."""
_FEWEST_OBJECT_BYTES = 30_000


@dataclass(frozen=True)
class Suspect:
    """A likely label error of analysis.json, with its box (x, y, width, height) in units of the grid."""

    rank: int
    kind: str
    why: str
    box: tuple[float, ...]


@dataclass(frozen=True)
class ShownPicture:
    """A picture with its outlines in units of a `height` x `width` grid."""

    image_id: int
    title: str
    height: int
    width: int
    tiny: bool
    """Whether its own pixels are worth seeing when it is enlarged."""
    source: str
    """The picture as a data URI."""
    objects: Objects
    tally: str
    kinds: tuple[int, ...]
    """Places of the classes that are labelled or shown in it."""
    quality: float | None
    suspects: tuple[Suspect, ...]

    @property
    def unit(self) -> float:
        """Give about how much of the grid a pixel of the screen shows, until a script measures it."""
        return round(self.width / _PANE, 3)


def show_picture(
    picture: Picture,
    matching: Matching,
    images: Path,
    names: Mapping[int, str],
    *,
    thresholds: Mapping[int, float],
    analysis: Mapping[str, Any],
    among: int,
) -> ShownPicture:
    """Read a picture of the folder `images` and outline its objects; `among` many pictures, each has less room."""
    image_id, title = picture.image["id"], picture.image["file_name"]
    image_hw3 = read_rgb(images / title)
    height, width = image_hw3.shape[:2]
    side = SHOWN_SIDE if among <= _MANY else _SIDE_OF_MANY
    small_hw3 = scaled(image_hw3, min(1.0, side / max(height, width)))
    room = max(_FEWEST_OBJECT_BYTES, _OBJECT_BYTES // among)
    objects = shown_objects(picture, matching, (height, width), names, thresholds=thresholds, room=room)
    grid_h, grid_w = objects.grid_hw
    return ShownPicture(
        image_id,
        title,
        grid_h,
        grid_w,
        max(height, width) <= _TINY,
        embed(as_webp(small_hw3, quality=_QUALITY), "image/webp"),
        objects,
        tally_in_words(objects),
        tuple(sorted({one.kind for one in objects.seen})),
        next((one["quality"] for one in analysis.get("images") or [] if one["image_id"] == image_id), None),
        tuple(
            Suspect(one["rank"], one["kind"], one["why"], tuple(value * grid_w / width for value in one["bbox"]))
            for one in analysis.get("label_errors") or []
            if one["image_id"] == image_id
        ),
    )


def tally_in_words(objects: Objects) -> str:
    """Say how many objects were found and missed, and how many detections are false, at the thresholds.

    image_browser.js says it in the same words when the thresholds move.
    """
    shown = [one for one in objects.predictions if not one.below and one.state != IGNORED]
    found, missed = (_count(objects.truth, state) for state in (FOUND, "missed"))
    false = Counter(one.state for one in shown if one.state != FOUND)
    kinds = ", ".join(f"{false[state]} {state}" for state in sorted(false))
    return f"{found} found, {missed} missed, {false.total()} false" + (f": {kinds}" if kinds else "")


def _count(objects: Sequence[Shown], state: str) -> int:
    return sum(one.state == state for one in objects)
