"""The backbone in two parts: what is frozen, whose outputs never change, and what goes on from there.

One image's features are computed alone and put together afterwards, so that they depend on nothing but the image.
"""

from collections.abc import Iterable, Sequence
from itertools import takewhile

import torch
from torch import Tensor, nn
from torchvision.models._utils import IntermediateLayerGetter

from rehead.detector.build import Detector
from rehead.detector.freezing import DEPTHS, modules_by_depth
from rehead.detector.plan import FreezeDepth

Features = dict[str, Tensor]
"""Maps by their level, and the output of the last frozen module where that is no level: all that the rest needs."""
_LAST = "last"


def frozen_features(detector: Detector, depth: FreezeDepth, images_bchw: Tensor) -> Features:
    """Send images as the transform gives them through the frozen part, without gradients.

    Where the pyramid is frozen as well, its output maps come back; where nothing is, the images themselves.
    """
    backbone, frozen = detector.model.backbone, frozen_modules(detector, depth)
    assert not _counts(frozen.values()), "frozen modules must be in evaluation mode, or their statistics move"
    with torch.no_grad():
        if _holds_pyramid(depth):
            return dict(backbone(images_bchw))
        return _through(backbone.body, list(frozen), images_bchw)


def pyramid(detector: Detector, depth: FreezeDepth, features: Features) -> Features:
    """Go on from what `frozen_features` gave to the maps "0" to "3" and "pool"; bit for bit those of the backbone."""
    if _holds_pyramid(depth):
        return features
    backbone = detector.model.backbone
    levels = {name: value for name, value in features.items() if name != _LAST}
    _, rest = _children(detector, depth)
    if rest:
        later = _through(backbone.body, rest, features.get(_LAST, next(reversed(features.values()))))
        levels |= {name: value for name, value in later.items() if name != _LAST}
    return dict(backbone.fpn(levels))


def frozen_modules(detector: Detector, depth: FreezeDepth) -> dict[str, nn.Module]:
    """List by name the modules that `frozen_features` runs through."""
    backbone = detector.model.backbone
    if _holds_pyramid(depth):
        return {"backbone": backbone}
    frozen, _ = _children(detector, depth)
    return {name: backbone.body[name] for name in frozen}


def stacked(images: Sequence[Features], *, device: torch.device) -> Features:
    """Put features CHW of single images together as BCHW float32, padded with zeros below and on the right.

    torchvision pads the images instead: where sizes differ, a smaller image's features then see a frame of zeros that
    has been through biases and norms, and here they see what they see when the image is predicted alone. Of upright and
    lying photographs in one batch they differ by 8 to 14 % of their root mean square. Images of one size come out as
    from one batch, but for the rounding of another order of sums.
    """
    return {name: _padded([image[name] for image in images], device) for name in images[0]}


def _padded(maps: Sequence[Tensor], device: torch.device) -> Tensor:
    height, width = (max(value.shape[axis] for value in maps) for axis in (-2, -1))
    shape, fits = (len(maps), len(maps[0]), height, width), all(value.shape[-2:] == (height, width) for value in maps)
    batch = torch.empty(shape, device=device, memory_format=torch.channels_last)
    if not fits:
        batch.zero_()
    for place, value in zip(batch, maps, strict=True):
        place[:, : value.shape[-2], : value.shape[-1]] = value.to(device)
    return batch


def _through(body: IntermediateLayerGetter, names: Sequence[str], x: Tensor) -> Features:
    """Send x through children of the trunk; gives the levels among their outputs, and the last output if it is none."""
    levels: Features = {}
    for name in names:
        x = body[name](x)
        if name in body.return_layers:
            levels[body.return_layers[name]] = x
    ends_in_level = bool(names) and names[-1] in body.return_layers
    return levels if ends_in_level else {**levels, _LAST: x}


def _children(detector: Detector, depth: FreezeDepth) -> tuple[list[str], list[str]]:
    """Split the trunk's children into the frozen ones and the rest.

    What has no weights, such as the pooling behind the stem of a ResNet, belongs to the module before it: its output
    never changes either, and is a quarter as large.
    """
    names = list(detector.model.backbone.body)
    if DEPTHS.index(depth) >= DEPTHS.index("backbone"):
        return names, []
    table = modules_by_depth(detector)
    last = [module for each in DEPTHS[1 : DEPTHS.index(depth) + 1] for module in table[each]][-1:]
    places = [names.index(module.rpartition(".")[2]) + 1 for module in last]
    start = next(iter(places), 0)
    if start:
        start += len(list(takewhile(lambda name: _weightless(detector, name), names[start:])))
    return names[:start], names[start:]


def _weightless(detector: Detector, name: str) -> bool:
    return not detector.model.backbone.body[name].state_dict()


def _counts(modules: Iterable[nn.Module]) -> bool:
    """Tell whether a norm among the modules would go on counting."""
    parts = (part for module in modules for part in module.modules())
    return any(part.training and next(part.buffers(recurse=False), None) is not None for part in parts)


def _holds_pyramid(depth: FreezeDepth) -> bool:
    return DEPTHS.index(depth) >= DEPTHS.index("backbone+fpn")
