"""A frozen trunk whose outputs are read where they are known, and computed and kept where not."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.models.detection.image_list import ImageList

from rehead.dataset.split import Sample, Split
from rehead.detector.build import Detector
from rehead.detector.plan import FreezeDepth
from rehead.detector.trunk import Features, frozen_features, stacked
from rehead.feature_cache.cache import FeatureCache
from rehead.feature_cache.entries import rounded


class CachedTrunk:
    """The frozen part of a detector for the images of a split.

    Features are the same bit for bit whether they were read or have just been computed: each image goes alone, in
    single precision, and is rounded as it is kept. So neither a cold cache nor a full disk changes a training.
    """

    def __init__(
        self, detector: Detector, depth: FreezeDepth, split: Split, cache: FeatureCache, *, half: bool = True
    ) -> None:
        """Serve the detector frozen to `depth`, as long as nothing up to there changes."""
        self.detector, self.depth, self.split, self.cache = detector, depth, split, cache
        self.half = half
        """Whether features are kept in half precision."""
        self._places = {record.id: index for index, record in enumerate(split.images)}
        # In training torchvision's transform draws a size, though of one: a known image would leave other numbers.
        self._transform = copy.copy(detector.model.transform).eval()
        self._seen: dict[tuple[int, int], tuple[int, int]] = {}

    def features(self, samples: Sequence[Sample]) -> Features:
        """Give the features BCHW of a batch, on the detector's device; samples need no pixels."""
        return stacked([self._of(sample) for sample in samples], device=self._device)

    def batch(self, sizes_hw: Sequence[tuple[int, int]]) -> ImageList:
        """Tell which sizes images come to in a batch, and the size of that; it has no pixels."""
        seen = [self._seen_size(size) for size in sizes_hw]
        unit = self._transform.size_divisible
        height, width = (-(-max(sides) // unit) * unit for sides in zip(*seen, strict=True))
        return ImageList(torch.empty(len(seen), 3, height, width, device="meta"), seen)

    def _seen_size(self, size_hw: tuple[int, int]) -> tuple[int, int]:
        """Let the transform say what becomes of a size, once: its rounding is its own."""
        if size_hw not in self._seen:
            resized, _ = self._transform.resize(torch.empty(1, *size_hw), None)
            self._seen[size_hw] = (resized.shape[1], resized.shape[2])
        return self._seen[size_hw]

    @property
    def _device(self) -> torch.device:
        return next(self.detector.model.parameters()).device

    def _of(self, sample: Sample) -> Features:
        found = self.cache.find(sample.record, sample.view)
        if found is None:
            found = rounded(self._computed(sample), half=self.half)
            self.cache.put(sample.record, sample.view, found)
        return found

    def _computed(self, sample: Sample) -> Features:
        with torch.no_grad(), torch.autocast(self._device.type, enabled=False):
            images, _ = self._transform([self._pixels(sample).to(self._device)])
            features = frozen_features(self.detector, self.depth, images.tensors)
        return {name: value[0] for name, value in features.items()}

    def _pixels(self, sample: Sample) -> Tensor:
        """Give the image as it is seen; its features were known when it was loaded, and may have been damaged."""
        if sample.image_chw.numel():
            return sample.image_chw
        return sample.view.image(self.split.image(self._places[sample.record.id]))
