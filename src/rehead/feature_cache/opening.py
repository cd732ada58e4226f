"""Opening the cache for a detector and a split, and what it would come to."""

from collections import Counter
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Split
from rehead.detector.build import Detector
from rehead.detector.freezing import learning_mode
from rehead.detector.plan import FreezeDepth
from rehead.detector.trunk import frozen_features
from rehead.feature_cache.cache import FeatureCache
from rehead.feature_cache.cached_trunk import CachedTrunk
from rehead.feature_cache.decision import Prospect, expected_views
from rehead.feature_cache.key import key_of
from rehead.feature_cache.store import Store

_CPU_MACS_A_SECOND = 5e10
"""Of one thread with AVX-512, as ResNet-50 comes to; MobileNetV2 comes to a fifth of it."""
_GPU_MACS_A_SECOND = 1e13
"""Of the order of what a data centre's card does with float32 rounded to TF32; not measured here."""
_HALF_BYTES, _SINGLE_BYTES = 2, 4
_SIZES = 500
"""So many sizes of image are looked at, the most common first."""


def open_trunk(
    detector: Detector, depth: FreezeDepth, split: Split, folder: Path, *, cap_gb: float, half: bool = True
) -> CachedTrunk:
    """Open the cache below `folder` for the images of a split and a detector frozen to `depth`."""
    store = Store(folder, key_of(detector, depth, half=half), cap_bytes=int(cap_gb * 1e9))
    return CachedTrunk(detector, depth, split, FeatureCache(split.folder / "images", store), half=half)


def prospect_of(trunk: CachedTrunk, augment: AugmentPlan, *, epochs: int) -> Prospect:
    """Find out what keeping features would come to for `epochs` epochs; sends one empty image through the trunk."""
    detector, depth, split = trunk.detector, trunk.depth, trunk.split
    learning_mode(detector, depth)
    sizes = Counter((record.height, record.width) for record in split.images).most_common(_SIZES)
    count = sum(times for _, times in sizes)
    height, width = trunk.batch([sizes[0][0]]).tensors.shape[-2:]
    pixels = sum(times * trunk.batch([size]).tensors[0, 0].numel() for size, times in sizes) / count
    share = pixels / (height * width)
    device = next(detector.model.parameters()).device
    with FlopCounterMode(display=False) as counter:
        features = frozen_features(detector, depth, torch.zeros(1, 3, height, width, device=device))
    each = _HALF_BYTES if trunk.half else _SINGLE_BYTES
    return Prospect(
        images=len(split),
        epochs=epochs,
        views=expected_views(augment, epochs=epochs),
        macs=share * counter.get_total_flops() / 2,
        macs_a_second=_GPU_MACS_A_SECOND if device.type == "cuda" else _CPU_MACS_A_SECOND * torch.get_num_threads(),
        pixels=sum(record.height * record.width for record in split.images) / len(split),
        bytes_each=share * each * sum(value.numel() for value in features.values()),
        room_bytes=trunk.cache.cap_bytes,
    )
