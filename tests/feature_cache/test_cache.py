"""Which features there are is asked for by an image's bytes, so the file is opened first of all here."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rehead.dataset.batches import batches
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import SampleError, Split
from rehead.feature_cache.cache import FeatureCache
from rehead.feature_cache.store import Store


@pytest.mark.parametrize("workers", [0, 1])
def test_an_image_that_is_gone_is_named_with_its_cure(drawn: Split, tmp_path: Path, workers: int) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(drawn.folder, folder)
    gone = drawn.images[2].file_name
    (folder / "images" / gone).unlink()
    split = replace(drawn, folder=folder)
    cache = FeatureCache(folder / "images", Store(tmp_path / "features", "key", cap_bytes=10**9))
    with pytest.raises(SampleError, match=rf"images/{gone} .*FileNotFoundError.*dvc repro -f ingest"):
        list(batches(split, AugmentPlan(), batch_size=2, seed=3, epoch=1, workers=workers, knows=cache.knows))
