"""How much objects lie over each other: for each box, the largest IoU with another box of its image."""

import numpy as np

from rehead.coco.measurements import Floats, Ints


def largest_ious(boxes_m4: Floats, image_m: Ints, *, most_pairs: int = 100_000_000) -> Floats | None:
    """Return for each box (x, y, width, height) its largest IoU with another box of the same image, 0 if it has none.

    Boxes are swept by their left edges: the k-th round compares each box with the k-th one to its right, for as long
    as that begins before the box ends. Memory grows with the boxes, time with the pairs that share columns; above
    `most_pairs` of those, as among 14,000 boxes on top of each other, it gives up and returns None.
    """
    order = np.lexsort((boxes_m4[:, 0], image_m))
    image, (left, top, wide, high) = image_m[order], boxes_m4[order].T
    right, bottom, area = left + wide, top + high, wide * high
    best = np.zeros(len(order))
    first, pairs, step = np.arange(len(order)), 0, 0
    while True:
        step += 1
        first = first[first + step < len(order)]
        second = first + step
        near = (image[first] == image[second]) & (left[second] < right[first])
        first, second = first[near], second[near]
        pairs += len(first)
        if not len(first) or pairs > most_pairs:
            break
        across = np.minimum(right[first], right[second]) - left[second]
        down = np.minimum(bottom[first], bottom[second]) - np.maximum(top[first], top[second])
        shared = across * np.maximum(down, 0)
        union = area[first] + area[second] - shared
        iou = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
        best[first] = np.maximum(best[first], iou)
        best[second] = np.maximum(best[second], iou)
    if len(first):
        return None
    restored = np.empty_like(best)
    restored[order] = best
    return restored
