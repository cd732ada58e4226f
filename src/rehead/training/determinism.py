"""The same weights from the same training on a GPU; on a CPU they are the same anyway, at equal thread count.

On CUDA torchvision's RoIAlign adds up its gradient in no fixed order. Under torch's deterministic algorithms it takes
another implementation, in Python, which holds a few tens of numbers for each one that it pools. What torch has no
deterministic algorithm for, such as the gradient of PointRend's points, raises RuntimeError in the first step.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from rehead.roi_align.determinism import deterministic_algorithms

_WORKSPACE, _FIXED = "CUBLAS_WORKSPACE_CONFIG", ":4096:8"


@contextmanager
def reproducible(*, asked: bool) -> Iterator[None]:
    """Have torch compute each step in a fixed order within the block, if asked to; then restore what was set before."""
    if not asked:
        yield
        return
    cudnn, workspace = torch.backends.cudnn, os.environ.get(_WORKSPACE)
    before = cudnn.deterministic, cudnn.benchmark
    os.environ[_WORKSPACE] = workspace or _FIXED
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        with deterministic_algorithms():
            yield
    finally:
        cudnn.deterministic, cudnn.benchmark = before
        del os.environ[_WORKSPACE]
        if workspace is not None:
            os.environ[_WORKSPACE] = workspace
