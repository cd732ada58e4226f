from pathlib import Path

import pytest
import torch

from rehead.coco.plan import TilePlan
from rehead.detector.build import Detector, build_detector, tiled
from rehead.detector.checkpoint import CONFIG, WEIGHTS, config_of, detector_from, load_detector, save_detector
from rehead.detector.plan import ModelPlan

PLAN = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))


@pytest.fixture
def detector() -> Detector:
    torch.manual_seed(0)
    return build_detector(PLAN, ("nut", "bolt"), norm_eps=0.0)


def test_a_detector_comes_back_as_it_was_saved(detector: Detector, tmp_path: Path) -> None:
    save_detector(detector, tmp_path / "d")
    loaded = load_detector(tmp_path / "d")
    assert (loaded.classes, loaded.plan, loaded.norm_eps) == (detector.classes, detector.plan, detector.norm_eps)
    state = loaded.model.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in detector.model.state_dict().items())


@pytest.mark.parametrize("tile", [None, TilePlan(size=128, overlap=0.3)])
def test_a_detectors_tiles_come_back_with_it(detector: Detector, tile: TilePlan | None, tmp_path: Path) -> None:
    save_detector(tiled(detector, tile), tmp_path / "d")
    loaded = load_detector(tmp_path / "d")
    assert (loaded.tile, hasattr(loaded.model.transform, "factor")) == (tile, tile is not None)


def test_a_detector_that_was_saved_before_there_were_tiles_has_none(detector: Detector) -> None:
    config = config_of(detector)
    del config["tile"]
    assert detector_from(config).tile is None


def test_the_same_weights_have_the_same_hash(detector: Detector, tmp_path: Path) -> None:
    assert save_detector(detector, tmp_path / "a") == save_detector(detector, tmp_path / "b")


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG])
def test_a_changed_byte_is_refused(detector: Detector, tmp_path: Path, name: str) -> None:
    save_detector(detector, tmp_path / "d")
    data = bytearray((tmp_path / "d" / name).read_bytes())
    data[-2] ^= 1
    (tmp_path / "d" / name).write_bytes(data)
    with pytest.raises(ValueError, match="damaged"):
        load_detector(tmp_path / "d")


def test_a_folder_that_is_no_detector_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no detector"):
        load_detector(tmp_path)
