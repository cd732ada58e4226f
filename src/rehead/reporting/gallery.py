"""Prediction beside truth: one PNG a picture with a legend, the worst and the best of a split."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehead.evaluation.analysis.ranking import PictureScore, rank_pictures
from rehead.reporting import palette
from rehead.reporting.overlays import Object, class_position, draw_objects
from rehead.reporting.sheets import as_webp, compose_comparison, read_rgb, write_png


@dataclass(frozen=True)
class Overlay:
    """A comparison on disk, its tally, its legend, and its two panes as WebP for the report."""

    path: Path
    title: str
    group: str
    tally: PictureScore
    legend: tuple[tuple[str, str], ...]
    """Names of the classes in the picture and their colours as CSS."""
    truth_webp: bytes
    prediction_webp: bytes


def write_overlays(
    folder: Path,
    truth: Mapping[str, Any],
    results: Sequence[Object],
    images: Path,
    *,
    worst: int = 12,
    best: int = 6,
    score_threshold: float = 0.5,
) -> list[Overlay]:
    """Write comparisons of a split's worst and best pictures as PNG files into `folder`, worst first.

    `truth` is a COCO document with RLE masks, `results` a COCO results list, `images` the folder of its `file_name`s.
    Only detections scored at least `score_threshold` are drawn.
    """
    ranked = rank_pictures(truth, results, score_threshold=score_threshold)
    low = ranked[:worst]
    high = ranked[len(low) :][::-1][:best]
    names = {category["id"]: category["name"] for category in truth["categories"]}
    files = {image["id"]: image["file_name"] for image in truth["images"]}
    shown = [one for one in results if one["score"] >= score_threshold]
    overlays = []
    for group, tally in [("worst", one) for one in low] + [("best", one) for one in high]:
        image_hw3 = read_rgb(images / files[tally.image_id])
        left = draw_objects(image_hw3, _of_image(truth["annotations"], tally.image_id), names)
        right = draw_objects(image_hw3, _of_image(shown, tally.image_id), names)
        present = {one["category_id"] for one in _of_image([*truth["annotations"], *shown], tally.image_id)}
        path = folder / f"{group}-{tally.image_id}.png"  # DVC takes a bare number for a step, and cannot mix both
        write_png(path, compose_comparison(left, right, {key: names[key] for key in sorted(present)}, names=names))
        legend = tuple(
            (names[key], palette.as_hex(palette.colour(class_position(key, names)))) for key in sorted(present)
        )
        overlays.append(Overlay(path, files[tally.image_id], group, tally, legend, as_webp(left), as_webp(right)))
    return overlays


def _of_image(objects: Iterable[Object], image_id: int) -> list[Object]:
    return [one for one in objects if one["image_id"] == image_id]
