"""Turn a trained detector into the base weights that travel inside the package: half precision, one file, its hash.

Run by `make base-weights` after the pipeline has trained them.
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save

from rehead.detector.checkpoint import config_of, load_detector
from rehead.detector.weights import EMBEDDED
from rehead.files import write_atomically, write_json

_MOST_BYTES = 10_000_000


def embed_detector(folder: Path, out: Path) -> str:
    """Write the detector in `folder` as `out`/rehead_shapes.safetensors and its manifest; returns the sha256.

    Raises ValueError if a value does not fit into half precision or the file would be above 10 MB.
    """
    detector = load_detector(folder)
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in detector.model.state_dict().items()
    }
    overflown = [name for name, value in state.items() if not torch.isfinite(value).all()]
    if overflown:
        raise ValueError(f"{folder}: {overflown} do not fit into half precision; train with a lower rate")
    data = save(state, metadata={"config": json.dumps(config_of(detector))})
    if len(data) > _MOST_BYTES:
        raise ValueError(f"{folder}: {len(data)} bytes in half precision, above {_MOST_BYTES}; choose narrower heads")
    write_atomically(out / EMBEDDED.name, data)
    digest = hashlib.sha256(data).hexdigest()
    write_json(out / "manifest.json", {EMBEDDED.name: digest})
    return digest


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    print(embed_detector(**vars(parser.parse_args())))
