"""Which code trains: the parts of the package that a trained weight depends on."""

from pathlib import Path

import rehead
from rehead.files import sha256_of

_PARTS = ("coco", "roi_align", "dataset", "detector", "feature_cache", "training", "evaluation")


def code_hashes() -> dict[str, str]:
    """Hash each part of the package that training and its validation run through."""
    package = Path(next(iter(rehead.__path__)))
    return {name: sha256_of(package / name) for name in _PARTS}
