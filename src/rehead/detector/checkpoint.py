"""A detector on disk: safetensors weights, its plan and classes, and the hash of each file.

Neither torch.load nor safetensors notices a flipped bit, so `load_detector` checks the hashes first.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from rehead.coco.plan import TilePlan
from rehead.detector.build import Detector, best_device, build_detector, tiled
from rehead.detector.plan import ModelPlan
from rehead.files import read_json, replaced_folder, sha256_of, write_json

WEIGHTS, CONFIG, MANIFEST = "weights.safetensors", "config.json", "manifest.json"


def save_detector(detector: Detector, folder: Path) -> str:
    """Write the detector as a folder that appears whole or not at all; returns the sha256 of its weights."""
    with replaced_folder(folder) as fresh:
        save_file({name: value.contiguous() for name, value in detector.model.state_dict().items()}, fresh / WEIGHTS)
        write_json(fresh / CONFIG, config_of(detector))
        hashes = {name: sha256_of(fresh / name) for name in (WEIGHTS, CONFIG)}
        write_json(fresh / MANIFEST, hashes)
    return hashes[WEIGHTS]


def copy_detector(source: Path, folder: Path) -> None:
    """Copy a saved detector, whole or not at all, after checking it; raises ValueError as `load_detector` does."""
    check_manifest(source)
    with replaced_folder(folder) as fresh:
        shutil.copytree(source, fresh, dirs_exist_ok=True)


def load_detector(folder: Path) -> Detector:
    """Load what `save_detector` wrote, in evaluation mode, onto a GPU if there is one.

    Raises ValueError if a file is missing or is not the one that was written, or if weights and plan disagree.
    """
    check_manifest(folder)
    config = read_json(folder / CONFIG)
    detector = detector_from(config)
    detector.model.load_state_dict(load_file(folder / WEIGHTS), strict=True)
    detector.model.to(best_device()).eval()
    return detector


def check_manifest(folder: Path) -> None:
    """Raise ValueError unless each file has the hash that the manifest beside it records."""
    if not (folder / MANIFEST).is_file():
        raise ValueError(
            f"{folder} is no detector: it has no {MANIFEST}; give data/detector/trained, or models:/NAME@champion"
        )
    for name, expected in read_json(folder / MANIFEST).items():
        if not (folder / name).is_file() or sha256_of(folder / name) != expected:
            raise ValueError(
                f"{folder / name} is missing or damaged (sha256 differs from the manifest): restore or retrain it"
            )


def config_of(detector: Detector) -> dict[str, Any]:
    """Describe a detector in plain JSON types: all that `detector_from` needs."""
    return {
        "classes": list(detector.classes),
        "model": detector.plan.model_dump(mode="json"),
        "frozen_statistics": detector.frozen_statistics,
        "norm_eps": detector.norm_eps,
        "tile": None if detector.tile is None else detector.tile.model_dump(mode="json"),
    }


def detector_from(config: dict[str, Any]) -> Detector:
    """Build the untrained detector that a config describes."""
    detector = build_detector(
        ModelPlan.model_validate(config["model"]),
        tuple(config["classes"]),
        frozen_statistics=config["frozen_statistics"],
        norm_eps=config["norm_eps"],
    )
    return tiled(detector, tile_of(config))


def tile_of(config: Mapping[str, Any]) -> TilePlan | None:
    """Read the tile plan in a detector's config or a dataset's manifest; older ones have none."""
    tile = config.get("tile")
    return None if tile is None else TilePlan.model_validate(tile)
