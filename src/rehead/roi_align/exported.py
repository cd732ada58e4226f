"""The pooler inside a graph of torch.export, against the slow reference.

`rehead` packages a detector as weights and the code that builds it, so what serves is the very pooler that is proven
here, guard included, and no graph is written today. Whoever exports a detector gets the same values, and no guard: a
check on values would become a constant of the graph. The graph holds for the number of boxes it was exported with.
"""

from collections.abc import Iterator

import torch

from rehead.roi_align.agreement import ROUTE
from rehead.roi_align.cases import PYRAMID_SIDE, TOGETHER
from rehead.roi_align.difference import Difference, largest
from rehead.roi_align.pyramid import SAMPLES, SETTING, SIZE, Pooler, draw_levels, expected_pools

PACKAGED_AS = "weights and code (an MLflow pyfunc): the pooler that serves is the one proven here, no graph is exported"


def compare_exported(subject: str, pooler: Pooler, *, seed: int, device: torch.device) -> Iterator[Difference]:
    """Export the pooler on the boxes in another order, so that each meets another level, and compare its values."""
    pyramid = draw_levels(seed)
    features = {
        str(level): torch.tensor(values, dtype=torch.float32, device=device)
        for level, values in enumerate(pyramid.maps.values())
    }
    boxes = [torch.tensor(image, device=device).reshape(-1, 4) for image in pyramid.boxes]
    shapes = [(PYRAMID_SIDE, PYRAMID_SIDE)] * len(boxes)
    turned = [image_k4.flip(0) for image_k4 in boxes]
    graph = torch.export.export(pooler(list(features), SIZE, SAMPLES), (features, turned, shapes))
    pooled = graph.module()(features, boxes, shapes).cpu().numpy()
    gap = largest(pooled, expected_pools(pyramid)[0], pyramid.names)
    yield Difference(subject, ROUTE, "float32", device.type, SETTING, TOGETHER, "pooled values", *gap)
