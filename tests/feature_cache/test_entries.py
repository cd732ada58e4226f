from pathlib import Path

import pytest
import torch

from rehead.detector.trunk import Features
from rehead.feature_cache.entries import DamagedError, packed, rounded, unpacked


@pytest.fixture
def features() -> Features:
    torch.manual_seed(0)
    return {"0": torch.randn(3, 8, 5), "last": torch.randn(7, 1, 1), "1": torch.randn(2, 4, 3)}


@pytest.fixture
def entry(tmp_path: Path, features: Features) -> Path:
    path = tmp_path / "entry"
    path.write_bytes(packed(rounded(features)))
    return path


def test_an_entry_gives_back_what_was_rounded_in_the_order_it_had(entry: Path, features: Features) -> None:
    kept, found = rounded(features), unpacked(entry)
    assert list(found) == list(features)
    assert all(torch.equal(found[name], kept[name]) for name in features)


def test_half_precision_moves_a_value_by_at_most_a_part_in_2048(entry: Path, features: Features) -> None:
    for name, value in unpacked(entry).items():
        assert value.dtype == torch.float16
        assert bool(((value.float() - features[name]).abs() <= features[name].abs() / 2048).all())


def test_a_map_with_values_beyond_half_precision_is_kept_in_single(features: Features) -> None:
    features["0"][0, 0, 0] = 7e4
    kept = rounded(features)
    assert (kept["0"].dtype, kept["1"].dtype) == (torch.float32, torch.float16)
    assert torch.equal(kept["0"], features["0"])


def test_a_value_that_is_not_a_number_stays_visible(features: Features) -> None:
    features["0"][0, 0, 0] = float("nan")
    assert bool(rounded(features)["0"].isnan().any())


def test_writing_to_what_was_read_leaves_the_entry_as_it_is(entry: Path) -> None:
    before = entry.read_bytes()
    unpacked(entry)["0"].fill_(1.0)
    assert entry.read_bytes() == before


@pytest.mark.parametrize("place", [0, 35, 60, 200, -1], ids=["digest", "length", "header", "map", "end"])
def test_one_flipped_bit_anywhere_is_noticed(entry: Path, place: int) -> None:
    data = bytearray(entry.read_bytes())
    data[place] ^= 1
    entry.write_bytes(data)
    with pytest.raises(DamagedError, match="damaged"):
        unpacked(entry)


@pytest.mark.parametrize("size", [0, 1, 33, 45, 400])
def test_an_entry_cut_short_is_noticed(entry: Path, size: int) -> None:
    entry.write_bytes(entry.read_bytes()[:size])
    with pytest.raises(DamagedError):
        unpacked(entry)
