"""Strategies for documents whose segmentations, boxes, areas and flags are sound, odd or hostile."""

import math
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]
_ODD = [math.nan, math.inf, -math.inf, 1e9, 4e7, 2**31, 2**32, 1e300, True, "1", None]
_ALPHABET = "".join(map(chr, range(48, 112)))
_CATEGORIES = (1, 2, 90)


def _coordinates(side: int) -> st.SearchStrategy[Any]:
    """Mostly near the image, some far from it, a few that are no coordinates."""
    near = st.one_of(st.integers(0, side), st.floats(0, side), st.integers(-side, 2 * side), st.floats(-1, side + 1))
    far = st.floats(-17 * side, 17 * side)
    return st.one_of(near, near, near, near, near, near, near, far)


@st.composite
def _polygons(draw: st.DrawFn, height: int, width: int) -> list[Any]:
    """One part or several; random points cross themselves."""
    coordinates, parts = _coordinates(max(height, width)), []
    for _ in range(draw(st.integers(1, 3))):
        part = draw(st.lists(coordinates, min_size=6, max_size=16).map(lambda flat: flat[: len(flat) // 2 * 2]))
        parts.append(part)
    if draw(st.integers(0, 9)) == 0:
        victim = draw(st.sampled_from(parts))
        victim[draw(st.integers(0, len(victim) - 1))] = draw(st.sampled_from(_ODD))
    if draw(st.integers(0, 9)) == 0:
        parts.append(draw(st.lists(coordinates, max_size=5)))
    return parts


@st.composite
def _counts(draw: st.DrawFn, total: int) -> list[Any]:
    """Runs that fill the image, often with empty ones between them; sometimes spoiled in one place."""
    cuts = sorted(draw(st.lists(st.integers(0, total), max_size=12)))
    counts: list[Any] = [end - start for start, end in zip([0, *cuts], [*cuts, total], strict=True)]
    if draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(counts) - 1))
        counts[at] = draw(st.one_of(st.integers(-2, 2 * total), st.sampled_from([*_ODD, 1.0])))
    return counts


def compressed(counts: list[int]) -> str:
    """Write counts as cocoapi does, after its description alone: five bits a character, differences from the fourth."""
    text = ""
    for at, count in enumerate(counts):
        value, more = count - (counts[at - 2] if at > 2 else 0), True
        while more:
            group, value = value & 31, value >> 5
            more = value != (-1 if group & 16 else 0)
            text += chr(48 + group + 32 * more)
    return text


@st.composite
def _run_lengths(draw: st.DrawFn, height: int, width: int) -> Document:
    """Run lengths as a list or a string, some cut, lengthened or of another image's size."""
    counts: Any = draw(_counts(height * width))
    if all(type(count) is int for count in counts) and draw(st.booleans()):
        counts = compressed(counts)
        if draw(st.integers(0, 4)) == 0:
            at = draw(st.integers(0, len(counts)))
            counts = (
                counts[:at] + draw(st.text(_ALPHABET + "\0 pé", max_size=2)) + counts[at + draw(st.integers(0, 1)) :]
            )
    sizes = [[height, width]] * 9 + [[width, height], [0, 0], [10**6, 10**6], [height], None]
    return {"size": draw(st.sampled_from(sizes)), "counts": counts}


@st.composite
def _boxes(draw: st.DrawFn, side: int) -> list[Any]:
    """Boxes that are plain, stick out, have next to no size, hold one strange number or not four."""
    if draw(st.booleans()):
        return [*draw(st.tuples(*[st.integers(0, side // 2)] * 2)), *draw(st.tuples(*[st.integers(1, side)] * 2))]
    numbers = st.one_of(
        st.floats(0, side), st.floats(-2 * side, 2 * side), st.floats(0, 1e-3), st.sampled_from([0, -0.0])
    )
    box: list[Any] = draw(st.lists(numbers, min_size=4, max_size=4))
    if draw(st.booleans()):
        box[draw(st.integers(0, 3))] = draw(st.sampled_from(_ODD))
    return box[: draw(st.sampled_from([4] * 9 + [3]))]


@st.composite
def _annotation(draw: st.DrawFn, number: int, images: list[Document]) -> Document:
    image = draw(st.sampled_from(images))
    height, width = image["height"], image["width"]
    masks = st.one_of(_polygons(height, width), _run_lengths(height, width), _run_lengths(height, width))
    return {
        "id": draw(st.sampled_from([number] * 15 + [0])),
        "image_id": image["id"],
        "category_id": draw(st.sampled_from(_CATEGORIES)),
        "bbox": draw(_boxes(max(height, width))),
        "area": draw(st.integers(0, height * width) | st.sampled_from([400] * 30 + [0.0, -1, 1e14, 1e300, *_ODD])),
        "iscrowd": draw(st.sampled_from([0] * 12 + [1, 1, 1, True, 2, None])),
        "segmentation": draw(masks),
    }


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """COCO documents of one or two images with up to eight annotations."""
    sides = st.one_of(st.integers(8, 24), st.integers(8, 130))
    images = [
        {"id": n, "file_name": f"{n}.png", "width": draw(sides), "height": draw(sides)}
        for n in range(1, draw(st.integers(1, 2)) + 1)
    ]
    return {
        "images": images,
        "annotations": [draw(_annotation(number, images)) for number in range(1, draw(st.integers(1, 8)) + 1)],
        "categories": [{"id": number, "name": f"class {number}"} for number in _CATEGORIES],
    }


@st.composite
def results(draw: st.DrawFn, document: Document) -> list[Document]:
    """A detector's results on a document's images, few of them unsound, many of equal score."""
    found = []
    for _ in range(draw(st.integers(0, 8))):
        image = draw(st.sampled_from(document["images"]))
        height, width = image["height"], image["width"]
        side = st.one_of(st.integers(0, width), st.floats(0, width))
        found.append(
            {
                "image_id": image["id"],
                "category_id": draw(st.sampled_from(_CATEGORIES)),
                "bbox": draw(st.lists(side, min_size=4, max_size=4)),
                "score": draw(st.sampled_from([0.1, 0.5, 0.5, 0.9])),
                "segmentation": draw(st.one_of(_polygons(height, width), _run_lengths(height, width))),
            }
        )
    return found
