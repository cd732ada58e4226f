import torch

from rehead.dataset.batches import batches
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Sample, Split

PLAN = AugmentPlan(flip_vertical=0.5)


def epoch_of(split: Split, *, epoch: int, workers: int = 0) -> list[Sample]:
    found = batches(split, PLAN, batch_size=2, seed=3, epoch=epoch, workers=workers)
    return [sample for batch in found for sample in batch]


def test_an_epoch_holds_every_image_once(drawn: Split) -> None:
    assert sorted(s.record.id for s in epoch_of(drawn, epoch=1)) == sorted(r.id for r in drawn.images)


def test_the_same_epoch_comes_again_bit_for_bit(drawn: Split) -> None:
    first, second = epoch_of(drawn, epoch=1), epoch_of(drawn, epoch=1)
    assert all(torch.equal(a.image_chw, b.image_chw) for a, b in zip(first, second, strict=True))


def test_another_epoch_has_another_order_or_other_flips(drawn: Split) -> None:
    first, second = epoch_of(drawn, epoch=1), epoch_of(drawn, epoch=2)
    assert any(not torch.equal(a.image_chw, b.image_chw) for a, b in zip(first, second, strict=True))


def test_the_number_of_workers_changes_nothing(drawn: Split) -> None:
    alone, helped = epoch_of(drawn, epoch=1), epoch_of(drawn, epoch=1, workers=2)
    assert all(torch.equal(a.image_chw, b.image_chw) for a, b in zip(alone, helped, strict=True))
