"""Small datasets for benchmarks: excerpts of COCO folders that the peer's script and ours both read."""

from collections import Counter
from pathlib import Path
from typing import Any

import torch
from torchvision.models import resnet50

from rehead.files import read_json, write_json


def write_excerpt(source: Path, folder: Path, *, train: slice, val: slice) -> Path:
    """Keep those slices of the images that hold any object, the fullest first; pixels are links."""
    folder.mkdir(parents=True)
    (folder / "images").symlink_to((source / "images").resolve())
    for name, which in (("train", train), ("val", val)):
        write_json(folder / f"{name}.json", _excerpt(read_json(source / f"{name}.json"), which))
    return folder


def write_random_trunk(path: Path) -> Path:
    """Write the weights of a ResNet-50 that has learned nothing, its norms counted once over soft colours.

    Without that its activations grow with every block, and training diverges in the first step.
    """
    torch.manual_seed(0)
    trunk = resnet50(weights=None)
    for module in trunk.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        trunk.train()(torch.nn.functional.interpolate(torch.randn(8, 3, 8, 8), scale_factor=24, mode="bilinear"))
    torch.save({name: value for name, value in trunk.state_dict().items() if not name.startswith("fc.")}, path)
    return path


def _excerpt(document: dict[str, Any], which: slice) -> dict[str, Any]:
    objects = Counter(one["image_id"] for one in document["annotations"])
    kept = {image for image, _ in objects.most_common()[which]}
    return {
        **document,
        "images": [image for image in document["images"] if image["id"] in kept],
        "annotations": [one for one in document["annotations"] if one["image_id"] in kept],
    }
