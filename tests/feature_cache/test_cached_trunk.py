"""Features are the same whether they were read or computed, and belong to what they depend on."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from rehead.coco.plan import TilePlan
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Split
from rehead.dataset.views import PLAIN, View
from rehead.detector.build import Detector, build_detector, tiled
from rehead.detector.freezing import learning_mode
from rehead.detector.plan import FreezeDepth, ModelPlan
from rehead.detector.trunk import Features, frozen_features, frozen_modules
from rehead.feature_cache.cached_trunk import CachedTrunk
from rehead.feature_cache.key import CODE, key_of
from rehead.feature_cache.opening import open_trunk, prospect_of

FLIPPED = View(flip_horizontal=True)


@pytest.fixture
def trunk(detector: Detector, drawn: Split, tmp_path: Path) -> CachedTrunk:
    return open_trunk(detector, "backbone", drawn, tmp_path, cap_gb=1)


def same(one: Features, other: Features) -> bool:
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


def test_features_are_those_of_the_network_but_for_rounding(
    trunk: CachedTrunk, detector: Detector, drawn: Split
) -> None:
    samples = [drawn.sample(index, FLIPPED) for index in range(3)]
    images, _ = detector.model.transform([sample.image_chw for sample in samples])
    expected = frozen_features(detector, "backbone", images.tensors)
    torch.testing.assert_close(trunk.features(samples), expected, rtol=1 / 2048, atol=1e-5)


def test_features_that_are_read_are_those_that_were_computed_bit_for_bit(trunk: CachedTrunk, drawn: Split) -> None:
    computed = trunk.features([drawn.sample(0), drawn.sample(1, FLIPPED)])
    assert len(list(trunk.cache.folder.iterdir())) == 2
    assert same(trunk.features([drawn.sample(0, pixels=False), drawn.sample(1, FLIPPED, pixels=False)]), computed)


def test_a_cache_that_cannot_be_written_changes_no_bit(detector: Detector, drawn: Split, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    closed = open_trunk(detector, "backbone", drawn, tmp_path / "file", cap_gb=1)
    kept = open_trunk(detector, "backbone", drawn, tmp_path / "folder", cap_gb=1)
    assert same(closed.features([drawn[0]]), kept.features([drawn[0]]))


@pytest.mark.parametrize("tile", [None, TilePlan(size=96)])
def test_a_batch_without_pixels_has_the_sizes_of_one_with_them(
    tile: TilePlan | None, drawn: Split, tmp_path: Path
) -> None:
    plan = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
    detector = tiled(build_detector(plan, drawn.classes), tile)
    trunk = open_trunk(detector, "backbone", drawn, tmp_path, cap_gb=1)
    sizes = [(81, 333), (57, 43), (100, 71)]
    expected, _ = detector.model.transform([torch.zeros(3, *size) for size in sizes])
    found = trunk.batch(sizes)
    assert (found.tensors.shape, found.image_sizes) == (expected.tensors.shape, expected.image_sizes)


def test_features_damaged_after_the_image_was_passed_over_are_computed_again(
    trunk: CachedTrunk, drawn: Split, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    computed = trunk.features([drawn.sample(0, FLIPPED)])
    [entry] = tmp_path.glob("*/*")
    entry.write_bytes(entry.read_bytes()[:-1])
    assert trunk.cache.knows(drawn.images[0], FLIPPED)
    assert same(trunk.features([drawn.sample(0, FLIPPED, pixels=False)]), computed)
    assert "is damaged" in capsys.readouterr().err


def test_computing_features_takes_no_random_numbers(trunk: CachedTrunk, drawn: Split) -> None:
    before = torch.get_rng_state()
    trunk.features([drawn[0]])
    assert torch.equal(torch.get_rng_state(), before)


def test_an_image_with_other_bytes_under_the_same_name_is_another_image(
    detector: Detector, drawn: Split, tmp_path: Path
) -> None:
    open_trunk(detector, "backbone", drawn, tmp_path / "features", cap_gb=1).features([drawn[0]])
    shutil.copytree(drawn.folder, tmp_path / "copy")
    copied = replace(drawn, folder=tmp_path / "copy")
    again = open_trunk(detector, "backbone", copied, tmp_path / "features", cap_gb=1)
    assert again.cache.knows(copied.images[0], PLAIN)
    Image.new("RGB", (64, 64)).save(tmp_path / "copy" / "images" / copied.images[0].file_name)
    changed = open_trunk(detector, "backbone", copied, tmp_path / "features", cap_gb=1)
    assert not changed.cache.knows(copied.images[0], PLAIN)


@pytest.mark.gpu
def test_a_gpu_reads_what_it_computed(drawn: Split, detector: Detector, tmp_path: Path) -> None:
    on_gpu = build_detector(detector.plan, detector.classes)
    on_gpu.model.cuda()
    learning_mode(on_gpu, "backbone")
    trunk = open_trunk(on_gpu, "backbone", drawn, tmp_path, cap_gb=1)
    computed = trunk.features([drawn[0], drawn[1]])
    assert computed["0"].is_cuda
    assert same(trunk.features([drawn.sample(0, pixels=False), drawn.sample(1, pixels=False)]), computed)


@pytest.mark.parametrize("half", [True, False])
def test_the_prospect_counts_bytes_and_views(half: bool, detector: Detector, drawn: Split, tmp_path: Path) -> None:
    trunk = open_trunk(detector, "backbone", drawn, tmp_path, cap_gb=1, half=half)
    prospect = prospect_of(trunk, AugmentPlan(), epochs=100)
    trunk.features([drawn[0]])
    [entry] = trunk.cache.folder.iterdir()
    assert prospect.bytes_each == pytest.approx(entry.stat().st_size, rel=0.05)
    assert (prospect.images, round(prospect.views, 6), prospect.pixels) == (5, 2, 64 * 64)


@pytest.fixture(scope="module")
def own_key(detector: Detector) -> str:
    return key_of(detector, "backbone", half=True)


def test_heads_of_other_sizes_and_weights_share_features(detector: Detector, own_key: str) -> None:
    plan = detector.plan.model_copy(update={"box_head": 16, "mask_layers": (16,), "fpn_channels": 16})
    torch.manual_seed(1)
    other = build_detector(plan, ("one",))
    other.model.backbone.body.load_state_dict(detector.model.backbone.body.state_dict())
    learning_mode(other, "backbone")
    assert key_of(other, "backbone", half=True) == own_key


def test_stage4_and_backbone_are_one_thing(detector: Detector, own_key: str) -> None:
    assert key_of(detector, "stage4", half=True) == own_key


@pytest.mark.parametrize("depth", ["stage3", "backbone+fpn"])
def test_another_depth_has_a_key_of_its_own(detector: Detector, own_key: str, depth: FreezeDepth) -> None:
    assert key_of(detector, depth, half=True) != own_key


def test_another_precision_has_a_key_of_its_own(detector: Detector, own_key: str) -> None:
    assert key_of(detector, "backbone", half=False) != own_key


def test_other_products_on_a_gpu_have_a_key_of_their_own(detector: Detector, own_key: str) -> None:
    with torch.backends.cudnn.flags(allow_tf32=not torch.backends.cudnn.allow_tf32):
        assert key_of(detector, "backbone", half=True) != own_key


def test_the_key_holds_all_code_of_ours_that_frozen_modules_run(detector: Detector) -> None:
    [backbone] = frozen_modules(detector, "backbone+fpn").values()
    names = {type(module).__module__ for module in backbone.modules()}
    ours = {name.removeprefix("rehead.").replace(".", "/") + ".py" for name in names if name.startswith("rehead.")}
    assert ours
    assert ours <= set(CODE)


@pytest.mark.parametrize("name", ["0.0.weight", "17.conv.3.running_mean"])
def test_one_weight_or_statistic_makes_another_key(detector: Detector, own_key: str, name: str) -> None:
    value = detector.model.backbone.body.state_dict()[name].view(-1)
    before = value[0].clone()
    value[0] += 1e-3
    try:
        assert key_of(detector, "backbone", half=True) != own_key
    finally:
        value[0] = before


def test_another_input_size_or_tile_makes_another_key(detector: Detector, own_key: str) -> None:
    plan = ModelPlan.model_validate(detector.plan.model_dump() | {"input_size": 96})
    larger = build_detector(plan, detector.classes)
    larger.model.load_state_dict(detector.model.state_dict())
    learning_mode(larger, "backbone")
    whole = key_of(larger, "backbone", half=True)
    by_tiles = key_of(tiled(larger, TilePlan(size=128)), "backbone", half=True)
    assert len({own_key, whole, by_tiles}) == 3
