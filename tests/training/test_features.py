"""A training with cached features takes the steps that it takes without."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from rehead.dataset.split import Split
from rehead.detector.build import build_detector
from rehead.detector.plan import FreezeDepth, ModelPlan
from rehead.feature_cache.cached_trunk import CachedTrunk
from rehead.feature_cache.opening import open_trunk
from rehead.training.features import open_features
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan

PLAN: dict[str, Any] = {"epochs": 3, "batch_size": 2, "rois": 8, "anchors": 16, "proposals": 32, "warmup": 0.0}
MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))


def learner_of(split: Split, **plan: Any) -> Learner:
    torch.manual_seed(0)
    return Learner(build_detector(MODEL, split.classes), TrainPlan(**PLAN | plan), images=len(split))


def losses(learner: Learner, split: Split) -> torch.Tensor:
    return torch.tensor([step.losses["loss"] for epoch in train(learner, split) for step in epoch.steps])


def single_precision(learner: Learner, split: Split, folder: Path) -> dict[FreezeDepth, CachedTrunk]:
    return {depth: open_trunk(learner.detector, depth, split, folder, cap_gb=1, half=False) for depth in learner.cached}


@pytest.fixture(scope="module")
def uncached(drawn: Split) -> torch.Tensor:
    return losses(learner_of(drawn), drawn)


@pytest.mark.slow
def test_in_single_precision_the_losses_are_those_without_a_cache_to_1e_5(
    drawn: Split, uncached: torch.Tensor, tmp_path: Path
) -> None:
    learner = learner_of(drawn)
    learner.cached = ("backbone",)
    learner.trunks = single_precision(learner, drawn, tmp_path)
    torch.testing.assert_close(losses(learner, drawn), uncached, rtol=1e-5, atol=1e-5)


def test_in_half_precision_the_losses_are_those_without_a_cache_to_1e_3(
    drawn: Split, uncached: torch.Tensor, tmp_path: Path
) -> None:
    learner = learner_of(drawn, feature_cache="on")
    open_features(learner, drawn, tmp_path)
    torch.testing.assert_close(losses(learner, drawn), uncached, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
def test_a_cold_and_a_warm_cache_and_workers_give_the_same_weights(drawn: Split, tmp_path: Path) -> None:
    states = []
    for workers in (0, 0, 2):
        learner = learner_of(drawn, feature_cache="on", workers=workers, epochs=2)
        open_features(learner, drawn, tmp_path)
        losses(learner, drawn)
        states.append(learner.model.state_dict())
    for state in states[1:]:
        assert all(torch.equal(value, states[0][name]) for name, value in state.items())


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Add up in one order: batch norm that learns from 2 x 2 pixels makes much of the last bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_a_thawing_training_reads_the_features_of_each_depth_in_its_epochs(drawn: Split, tmp_path: Path) -> None:
    plan = {"thaw": 2, "thaw_to": "stage2"}
    learner = learner_of(drawn, feature_cache="on", **plan)
    open_features(learner, drawn, tmp_path)
    assert learner.cached == ("backbone", "stage2")
    learner.trunks["backbone"] = single_precision(learner, drawn, tmp_path)["backbone"]
    expected = losses(learner_of(drawn, **plan), drawn)
    torch.testing.assert_close(losses(learner, drawn), expected, rtol=1e-5, atol=1e-5)
    assert len(list(tmp_path.iterdir())) == 2


def test_features_are_kept_in_single_precision_for_a_batch_norm_that_learns(drawn: Split, tmp_path: Path) -> None:
    learner = learner_of(drawn, feature_cache="on", thaw=2, thaw_to="stage2")
    open_features(learner, drawn, tmp_path)
    assert {depth: trunk.half for depth, trunk in learner.trunks.items()} == {"backbone": True, "stage2": False}


def test_auto_keeps_features_where_it_pays_and_says_why(drawn: Split, tmp_path: Path) -> None:
    learner = learner_of(drawn, augment={"flip_horizontal": 0.0})
    decision = open_features(learner, drawn, tmp_path)
    assert (decision.use, learner.cached) == (True, ("backbone",))
    assert "3 epoch(s) show an image in 1.0 views" in decision.line


def test_auto_decides_alike_whatever_lies_in_the_folder(drawn: Split, tmp_path: Path) -> None:
    learner = learner_of(drawn, epochs=5, augment={"flip_vertical": 0.5, "transpose": 0.5})
    cold = open_features(learner, drawn, tmp_path)
    cache = learner.trunks["backbone"].cache
    for record in drawn.images:
        for view in learner.augment.views():
            cache.put(record, view, {"0": torch.zeros(1, 1, 1)})
    assert len(list(cache.folder.iterdir())) == 8 * len(drawn)
    assert open_features(learner, drawn, tmp_path) == cold


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        ({"freeze": "none"}, "nothing is frozen"),
        ({"feature_cache": "off"}, "train.feature_cache is off"),
        ({"augment": {"brightness": 0.2, "strong_until": 1.0}}, "train.augment makes other pictures in each epoch"),
        ({"feature_cache_gb": 1e-6}, "all that train.feature_cache_gb allows"),
    ],
)
def test_no_feature_is_kept_in_vain(plan: dict[str, Any], reason: str, drawn: Split, tmp_path: Path) -> None:
    learner = learner_of(drawn, **plan)
    decision = open_features(learner, drawn, tmp_path)
    assert (decision.use, learner.trunk) == (False, None)
    assert reason in decision.reason


def test_only_the_last_epochs_are_cached_where_strong_augmentation_ends_before(drawn: Split, tmp_path: Path) -> None:
    learner = learner_of(drawn, feature_cache="on", augment={"brightness": 0.2, "strong_until": 0.5})
    open_features(learner, drawn, tmp_path)
    cached = [learner.trunk is not None for learner.epochs_done in range(3)]
    assert cached == [False, False, True]


def test_on_without_anything_to_keep_is_refused(drawn: Split, tmp_path: Path) -> None:
    learner = learner_of(drawn, feature_cache="on", augment={"brightness": 0.2, "strong_until": 1.0})
    with pytest.raises(ValueError, match=r"train\.feature_cache is on, but train\.augment"):
        open_features(learner, drawn, tmp_path)
    with pytest.raises(ValueError, match=r"train\.freeze is none"):
        TrainPlan(freeze="none", feature_cache="on")


def test_a_training_goes_on_with_the_cache_that_it_began_with(drawn: Split, tmp_path: Path) -> None:
    first, second = learner_of(drawn, feature_cache="on"), learner_of(drawn, feature_cache_gb=1e-6)
    for learner in (first, second):
        open_features(learner, drawn, tmp_path)
    before = second.cached
    second.restore(first.state())
    assert (before, second.cached) == ((), ("backbone",))
