import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from rehead.dataset.batches import batches
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Sample, SampleError, Split

PLAN = AugmentPlan(flip_vertical=0.5)


def epoch_of(split: Split, *, epoch: int, plan: AugmentPlan = PLAN, workers: int = 0) -> list[Sample]:
    found = batches(split, plan, batch_size=2, seed=3, epoch=epoch, workers=workers)
    return [sample for batch in found for sample in batch]


def test_an_epoch_holds_every_image_once(drawn: Split) -> None:
    assert sorted(s.record.id for s in epoch_of(drawn, epoch=1)) == sorted(r.id for r in drawn.images)


def test_the_same_epoch_comes_again_bit_for_bit(drawn: Split) -> None:
    first, second = epoch_of(drawn, epoch=1), epoch_of(drawn, epoch=1)
    assert all(torch.equal(a.image_chw, b.image_chw) for a, b in zip(first, second, strict=True))


def test_another_epoch_has_another_order_or_other_flips(drawn: Split) -> None:
    first, second = epoch_of(drawn, epoch=1), epoch_of(drawn, epoch=2)
    assert any(not torch.equal(a.image_chw, b.image_chw) for a, b in zip(first, second, strict=True))


STRONG = AugmentPlan(flip_vertical=0.5, brightness=0.2, contrast=0.2, scale=0.5, crop=0.5, copy_paste=0.5)


@pytest.fixture
def two_threads() -> Iterator[None]:
    """Let this process compute with two threads, as a worker never does."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def enlarged(split: Split, folder: Path) -> Split:
    """Give the split's images three times their size: enough pixels for a second thread to get some."""
    (folder / "images").mkdir()
    for record in split.images:
        with Image.open(split.folder / "images" / record.file_name) as image:
            image.resize((record.width * 3, record.height * 3)).save(folder / "images" / record.file_name)
    records = tuple(replace(r, width=r.width * 3, height=r.height * 3) for r in split.images)
    return replace(split, folder=folder, images=records, annotations={})


@pytest.mark.parametrize("plan", [PLAN, STRONG], ids=["turned", "strong"])
def test_the_number_of_workers_changes_nothing(drawn: Split, plan: AugmentPlan) -> None:
    alone, helped = (epoch_of(drawn, plan=plan, epoch=1, workers=workers) for workers in (0, 2))
    for a, b in zip(alone, helped, strict=True):
        assert torch.equal(a.image_chw, b.image_chw)
        assert torch.equal(a.boxes_n4, b.boxes_n4)
        assert torch.equal(a.masks_nhw, b.masks_nhw)


@pytest.mark.slow  # 3 s: two threads on cores that are not free wait for each other
def test_nor_does_the_number_of_threads(drawn: Split, tmp_path: Path, two_threads: None) -> None:
    large = enlarged(drawn, tmp_path)
    alone, helped = (epoch_of(large, plan=STRONG, epoch=1, workers=workers) for workers in (0, 1))
    assert all(torch.equal(a.image_chw, b.image_chw) for a, b in zip(alone, helped, strict=True))


def test_a_part_that_was_done_is_left_out_and_the_rest_is_the_same(drawn: Split) -> None:
    rest = [s for batch in batches(drawn, STRONG, batch_size=2, seed=3, epoch=1, skip=1) for s in batch]
    whole = epoch_of(drawn, plan=STRONG, epoch=1)
    assert all(torch.equal(a.image_chw, b.image_chw) for a, b in zip(whole[2:], rest, strict=True))


def test_an_image_that_comes_again_in_an_epoch_is_varied_anew(drawn: Split) -> None:
    rare, *common = drawn.images
    truth = {r.id: [{**drawn.annotations[rare.id][0], "category_id": 1 + (r is rare)}] for r in drawn.images}
    skewed = replace(drawn, images=(rare, *common * 4), annotations=truth)
    found = batches(skewed, STRONG, batch_size=99, seed=3, epoch=1, balance="classes")
    again = {s.image_chw.numpy().tobytes() for batch in found for s in batch if s.record.id == rare.id}
    assert len(again) >= 3


@pytest.fixture
def damaged(drawn: Split, tmp_path: Path) -> Split:
    """Give the drawn split with half of one image's file."""
    folder = tmp_path / "dataset"
    shutil.copytree(drawn.folder, folder)
    path = folder / "images" / drawn.images[2].file_name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:400])
    return replace(drawn, folder=folder)


@pytest.mark.parametrize("workers", [0, 1])
def test_an_image_that_became_unreadable_is_named_with_its_cure(damaged: Split, workers: int) -> None:
    with pytest.raises(SampleError, match=rf"images/{damaged.images[2].file_name} .*dvc repro -f ingest") as caught:
        epoch_of(damaged, epoch=1, workers=workers)
    assert "Traceback" not in str(caught.value)


def test_an_image_that_became_another_is_refused(damaged: Split) -> None:
    Image.new("RGB", (64, 65)).save(damaged.folder / "images" / damaged.images[2].file_name)
    with pytest.raises(SampleError, match="64 x 65 instead of 64 x 64 pixels"):
        epoch_of(damaged, epoch=1)
