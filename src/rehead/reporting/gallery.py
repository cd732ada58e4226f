"""Prediction beside truth: one PNG a picture with a legend, for those who look through artifacts."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rehead.evaluation.analysis.judged import names_of
from rehead.reporting.browser_choice import choose_images
from rehead.reporting.overlays import Object, draw_objects
from rehead.reporting.sheets import compose_comparison, read_rgb, write_png


def write_overlays(
    folder: Path,
    truth: Mapping[str, Any],
    results: Sequence[Object],
    images: Path,
    *,
    analysis: Mapping[str, Any],
    limit: int,
) -> list[Path]:
    """Write comparisons of at most `limit` pictures as PNG files into `folder`, worst first; returns their paths.

    They are the pictures of the image browser, named after the first of their groups. `truth` is a COCO document with
    RLE masks, `results` a COCO results list, `images` the folder of its `file_name`s. Detections are drawn from the
    thresholds of `analysis`, analysis.json, on.
    """
    names, files = names_of(truth), {image["id"]: image["file_name"] for image in truth["images"]}
    shown = [one for one in results if one["score"] >= analysis["thresholds"][names[one["category_id"]]]]
    groups = choose_images(analysis, files, limit=limit)
    paths = []
    for image_id in groups.get("all", []):
        group = next(name for name, ids in groups.items() if image_id in ids)
        image_hw3 = read_rgb(images / files[image_id])
        wanted, found = _of_image(truth["annotations"], image_id), _of_image(shown, image_id)
        present = sorted({one["category_id"] for one in [*wanted, *found]})
        left, right = (draw_objects(image_hw3, objects, names) for objects in (wanted, found))
        path = folder / f"{group.replace(' ', '-')}-{image_id}.png"  # DVC takes a bare number for a step
        write_png(path, compose_comparison(left, right, {key: names[key] for key in present}, names=names))
        paths.append(path)
    return paths


def _of_image(objects: Iterable[Object], image_id: int) -> list[Object]:
    return [one for one in objects if one["image_id"] == image_id]
