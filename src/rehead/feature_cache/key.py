"""What features depend on beside the image and the view: one key for it, which names their folder."""

import json
from pathlib import Path
from typing import Any

import PIL
import torch
import torchvision
from blake3 import blake3
from torch import nn

from rehead.detector.build import Detector
from rehead.detector.plan import FreezeDepth
from rehead.detector.trunk import frozen_modules
from rehead.files import sha256_of

_PACKAGE = Path(__file__).parents[1]
CODE = (
    "detector/architectures.py",
    "detector/scaling.py",
    "detector/sparse_gradients.py",
    "detector/trunk.py",
    "dataset/split.py",
    "dataset/views.py",
    "feature_cache",
)
"""What sends an image through the frozen modules, and says which of their outputs are levels of the pyramid."""
_KEY_LETTERS = 24


def key_of(detector: Detector, depth: FreezeDepth, *, half: bool) -> str:
    """Hash the frozen modules, the transform before them, the code, the libraries and what computes.

    A processor's number of threads belongs to it: sums in another order differ in the last bit, and what a training
    comes to must not depend on who filled the cache.
    """
    facts = {
        "modules": {name: _content(module) for name, module in frozen_modules(detector, depth).items()},
        "transform": _transform(detector.model.transform),
        "code": {name: sha256_of(_PACKAGE / name) for name in CODE},
        "versions": [torch.__version__, torchvision.__version__, PIL.__version__],
        "device": _device(next(detector.model.parameters()).device),
        "half": half,
        "tf32": torch.backends.cudnn.conv.fp32_precision,  # type: ignore[attr-defined] # which torch does not list
    }
    return blake3(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:_KEY_LETTERS]


def _content(module: nn.Module) -> str:
    """Hash what a module is made of: its layers and their settings, its weights and statistics, how they lie."""
    digest = blake3(repr(module).encode())
    for name, value in module.state_dict().items():
        digest.update(f"{name} {value.dtype} {list(value.shape)} {value.stride()}".encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _transform(transform: nn.Module) -> dict[str, Any]:
    settings = ("min_size", "max_size", "image_mean", "image_std", "size_divisible", "factor")
    return {name: getattr(transform, name, None) for name in settings}


def _device(device: torch.device) -> list[str | int]:
    if device.type == "cuda":
        return ["cuda", torch.cuda.get_device_name(device)]
    return [device.type, torch.backends.cpu.get_cpu_capability(), torch.get_num_threads()]
