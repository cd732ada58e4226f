"""No step of a training holds a mask of a whole image: seen from below, where every tensor comes into being."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from rehead.dataset.split import Split
from rehead.detector.build import build_detector
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan
from tests.training.test_loop import MODEL, PLAN

OWN, SEEN = 64, 96
"""The side of the images, and that at which the network sees them; no map of the network has either."""
COLOURS = 3


class Watch(TorchDispatchMode):
    """Keeps the shapes of all tensors as large as an image, its colours apart."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[int, ...]] = set()

    def __torch_dispatch__(self, func: Any, types: Sequence[type], args: Any = (), kwargs: Any = None) -> Any:
        given = func(*args, **(kwargs or {}))
        shapes = [tuple(leaf.shape) for leaf in tree_leaves(given) if isinstance(leaf, torch.Tensor)]
        whole = [shape for shape in shapes if shape[-2:] in ((OWN, OWN), (SEEN, SEEN))]
        self.found |= {shape for shape in whole if len(shape) < 3 or shape[-3] != COLOURS}
        return given


def shapes_of(deed: Callable[[], object]) -> set[tuple[int, ...]]:
    with Watch() as watch:
        deed()
    return watch.found


def an_epoch(split: Split, plan: TrainPlan) -> None:
    torch.manual_seed(0)
    detector = build_detector(MODEL.model_copy(update={"input_size": SEEN}), split.classes)
    list(train(Learner(detector, plan, images=len(split)), split))


def test_an_epoch_makes_no_tensor_as_large_as_an_image_but_the_images(drawn: Split) -> None:
    plan = PLAN.model_copy(update={"epochs": 1, "mask_rois": None, "feature_cache": "off"})
    assert shapes_of(lambda: an_epoch(drawn, plan)) == set()


def test_a_mask_of_a_whole_image_would_be_seen(drawn: Split) -> None:
    masks = len(drawn[0].crops)
    assert shapes_of(lambda: drawn[0].masks_nhw) >= {(masks, OWN, OWN)}
