"""The backbone in two parts is the backbone, and what is stacked is what one batch gives."""

import pytest
import torch

from rehead.detector.architectures import ARCHITECTURES
from rehead.detector.build import Detector
from rehead.detector.freezing import DEPTHS, learning_mode
from rehead.detector.plan import FreezeDepth
from rehead.detector.trunk import frozen_features, frozen_modules, pyramid, stacked
from tests.detector.test_architectures import small_detector

CPU = torch.device("cpu")
MOBILE = "maskrcnn_mobilenet_v2_fpn"


QUICK = {MOBILE, "maskrcnn_resnet18_fpn"}


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in ARCHITECTURES],
)
def any_detector(request: pytest.FixtureRequest) -> Detector:
    torch.manual_seed(0)
    return small_detector(request.param)


@pytest.fixture(scope="module")
def mobile() -> Detector:
    torch.manual_seed(0)
    return small_detector(MOBILE)


def test_both_parts_together_are_the_backbone_bit_for_bit_at_every_depth(any_detector: Detector) -> None:
    model, images = any_detector.model.eval(), torch.randn(1, 3, 32, 64)
    with torch.no_grad():
        whole = model.backbone(images)
        for depth in DEPTHS:
            parts = pyramid(any_detector, depth, frozen_features(any_detector, depth, images))
            assert list(parts) == list(whole)
            assert all(torch.equal(parts[level], whole[level]) for level in whole), depth


def test_a_learning_rest_gets_the_gradients_that_it_gets_in_one_go(mobile: Detector) -> None:
    learning_mode(mobile, "stage2")
    images, weight = torch.randn(2, 3, 64, 64), mobile.model.backbone.body["17"].conv[0][0].weight
    [whole] = torch.autograd.grad(mobile.model.backbone(images)["2"].sum(), weight)
    features = frozen_features(mobile, "stage2", images)
    [parts] = torch.autograd.grad(pyramid(mobile, "stage2", features)["2"].sum(), weight)
    assert not any(value.requires_grad for value in features.values())
    assert torch.equal(whole, parts)


def test_a_frozen_part_in_training_mode_is_refused_before_its_statistics_move(mobile: Detector) -> None:
    mobile.model.train()
    with pytest.raises(AssertionError, match="evaluation mode"):
        frozen_features(mobile, "stem", torch.randn(1, 3, 64, 64))


def test_pooling_behind_a_frozen_stem_belongs_to_it() -> None:
    assert list(frozen_modules(small_detector("maskrcnn_resnet18_fpn"), "stem")) == ["conv1", "bn1", "relu", "maxpool"]


@pytest.mark.parametrize("depth", ["stem", "stage3", "backbone+fpn"])
def test_images_of_one_size_stack_to_what_one_batch_gives(mobile: Detector, depth: FreezeDepth) -> None:
    mobile.model.eval()
    images = torch.randn(2, 3, 64, 96)
    joint = frozen_features(mobile, depth, images)
    single = [{k: v[0] for k, v in frozen_features(mobile, depth, image[None]).items()} for image in images]
    torch.testing.assert_close(stacked(single, device=CPU), joint, rtol=1e-5, atol=1e-5)


def test_a_smaller_image_is_padded_with_zeros_to_the_shape_of_a_joint_batch(mobile: Detector) -> None:
    mobile.model.eval()
    sizes = [(64, 96), (96, 64)]
    single = [
        {k: v[0] for k, v in frozen_features(mobile, "backbone", torch.randn(1, 3, *size)).items()} for size in sizes
    ]
    batch = stacked(single, device=CPU)
    joint = frozen_features(mobile, "backbone", torch.zeros(2, 3, 96, 96))
    assert [value.shape for value in batch.values()] == [value.shape for value in joint.values()]
    assert torch.equal(batch["0"][0, :, :16], single[0]["0"])
    assert not batch["0"][0, :, 16:].any()
