from collections.abc import Iterator

import pytest
import torch

from rehead.dataset.colours import Shade, shaded


@pytest.fixture
def restored_threads() -> Iterator[None]:
    """Put the number of threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.slow  # 2 s: two threads on cores that are not free wait for each other
def test_the_number_of_threads_changes_no_bit_of_a_colour(restored_threads: None) -> None:
    image_chw = torch.rand(3, 400, 400, generator=torch.Generator().manual_seed(0))
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        found.append(shaded(image_chw, Shade(1.1, 1.2, 0.8, 0.1)))
    assert torch.equal(*found)


def test_each_change_does_what_it_is_named_after() -> None:
    image_chw = torch.tensor([0.2, 0.4, 0.6]).reshape(3, 1, 1).repeat(1, 2, 2)
    image_chw[:, 0] += 0.1
    assert torch.allclose(shaded(image_chw, Shade(brightness=0.5)), image_chw / 2)
    assert shaded(image_chw, Shade(contrast=0.0)).unique().numel() == 1
    assert torch.allclose(*shaded(image_chw, Shade(saturation=0.0))[:2])
    assert torch.allclose(shaded(image_chw, Shade(hue=1 / 3)), image_chw[[2, 0, 1]], atol=1e-5)


def test_no_change_gives_the_same_pixels() -> None:
    image_chw = torch.rand(3, 4, 4)
    assert shaded(image_chw, Shade()) is image_chw
