"""Drawn truth and results of rectangles, with all that makes evaluators differ: crowds, ties, sizes at the limits."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from rehead.coco.rle import encode

HEIGHT, WIDTH = 130, 150
SIDES = ((32, 32), (31, 33), (33, 32), (16, 64), (96, 96), (95, 97), (97, 96), (72, 128), (10, 10), (1, 1), (40, 7))
"""Width and height: 32x32 and 96x96 are both of two of COCO's sizes at once."""

Truth = dict[str, Any]
Results = list[dict[str, Any]]

_objects = st.tuples(
    st.integers(1, 3),  # image
    st.sampled_from([3, 5, 8]),  # class; 13 has no object
    st.sampled_from(SIDES),
    st.integers(0, WIDTH - 1),
    st.integers(0, HEIGHT - 1),
    st.sampled_from([0, 0, 0, 1]),  # crowd
)
_detections = st.tuples(
    st.integers(0, 30),  # the object that it is near
    st.sampled_from([0, 0, 1, 3, 12]),  # shift
    st.sampled_from([0, 0, -2, 5]),  # growth
    st.sampled_from([None, None, None, 3, 13]),  # another class
    st.sampled_from([0.1, 0.5, 0.5, 0.5, 0.9, 0.3]),  # ties are common
    st.sampled_from([1] * 19 + [120]),  # how often
)


@st.composite
def datasets(draw: st.DrawFn) -> tuple[Truth, Results, int]:
    """Draw truth, results and a limit of detections."""
    objects = draw(st.lists(_objects, max_size=9))
    annotations = [
        _shape(image, label, (x, y, *side)) | {"id": number, "iscrowd": crowd}
        for number, (image, label, side, x, y, crowd) in enumerate(objects, start=1)
    ]
    for annotation in annotations:
        annotation["area"] = draw(st.sampled_from([annotation["bbox"][2] * annotation["bbox"][3], 1024.0, 9216.0]))
    results: Results = []
    for near, shift, growth, other, score, copies in draw(st.lists(_detections, max_size=14)):
        image, label, (w, h), x, y, _ = objects[near % len(objects)] if objects else (1, 3, (9, 9), 5, 5, 0)
        shape = _shape(image, other or label, (x + shift, y, max(w + growth, 1), h))
        results += [{**shape, "score": score} for _ in range(copies)]
    truth = {
        "images": [{"id": n, "file_name": f"{n}.png", "height": HEIGHT, "width": WIDTH} for n in (2, 1, 3)],
        "categories": [{"id": n, "name": f"class {n}"} for n in (5, 3, 8, 13)],
        "annotations": annotations,
    }
    return truth, results, draw(st.sampled_from([1, 5, 20, 100, 300]))


def _shape(image: int, label: int, box: tuple[int, int, int, int]) -> dict[str, Any]:
    """Give a rectangle, cut at the image's border, as box and mask."""
    x, y, w, h = box
    x, y = min(x, WIDTH - 1), min(y, HEIGHT - 1)
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[y : y + h, x : x + w] = True
    sides = [float(v) for v in (x, y, min(w, WIDTH - x), min(h, HEIGHT - y))]
    return {"image_id": image, "category_id": label, "bbox": sides, "segmentation": encode(mask)}
