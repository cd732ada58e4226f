"""A detector's results and scores on a split, checked before they are believed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from typing import Any, TypeVar

import torch

from rehead.coco.results import read_results
from rehead.dataset.split import Split
from rehead.detector.build import Detector
from rehead.evaluation.coco_map import Scores, coco_map
from rehead.evaluation.detections import coco_results
from rehead.evaluation.prediction import Look, look_once, predict_image

Callback = Callable[[], None]
T = TypeVar("T")


def predict_split(
    detector: Detector, split: Split, *, on_image: Callback = lambda: None, look: Look = look_once
) -> list[dict[str, Any]]:
    """Detect in every image of a split; returns COCO results with labels as category ids."""
    return joined_results(predict_images(detector, split, range(len(split)), on_image=on_image, look=look), split)


def predict_images(
    detector: Detector,
    split: Split,
    places: Sequence[int],
    *,
    on_image: Callback = lambda: None,
    look: Look = look_once,
) -> list[list[dict[str, Any]]]:
    """Detect in the images at some places of a split; returns the COCO results of each."""
    detector.model.eval()

    def of_image(index: int) -> list[dict[str, Any]]:
        image = split.images[index]
        try:
            found = predict_image(detector, split.pixels(index), look=look)
        except FloatingPointError as error:
            raise FloatingPointError(f"{image.file_name}: {error}") from None
        return coco_results(found, image_id=image.id)

    return over_images(of_image, places, on_image=on_image)


def over_images(of_image: Callable[[int], T], places: Sequence[int], *, on_image: Callback = lambda: None) -> list[T]:
    """Do some work for the images at these places: each processor has an image of its own, and one thread for it.

    One image alone keeps no two of them busy. Measured at 160 px on two: 180 ms an image with both on one, 113 ms with
    one alone, 70 ms with an image each. The result is that of one thread whatever the machine has.
    """
    done: list[T] = []
    with one_thread() as others, ThreadPoolExecutor(max_workers=others) as workers:
        for result in workers.map(of_image, places):
            done.append(result)
            on_image()
    return done


def joined_results(results: Iterable[list[dict[str, Any]]], split: Split) -> list[dict[str, Any]]:
    """Put the results of all images of a split into one list, and check them before they are believed."""
    return read_results(list(chain.from_iterable(results)), split.truth)


@contextmanager
def one_thread() -> Iterator[int]:
    """Let torch compute by one thread in the block, whose outputs differ from those of several in their last bits.

    Yields how many threads it had.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield before
    finally:
        torch.set_num_threads(before)


def score_split(detector: Detector, split: Split, *, on_image: Callback = lambda: None) -> Scores:
    """Predict a split and score it by the same limit of detections that the model has."""
    return score_results(detector, split, predict_split(detector, split, on_image=on_image))


def score_results(detector: Detector, split: Split, results: list[dict[str, Any]]) -> Scores:
    """Score boxes and masks that a detector found in a split, by the limit of detections that it has."""
    return coco_map(split.truth, results, max_detections=detector.plan.max_detections, heads=("box", "mask"))
