"""The heads do what torchvision's do until they are told to learn from less."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import RoIHeads

from rehead.coco.windows import Crop
from rehead.detector.build import Detector
from rehead.detector.mask_targets import ObjectMasks
from rehead.detector.refining_heads import RefiningRoIHeads
from rehead.detector.roi_heads import BudgetRoIHeads
from tests.detector.mask_heads.trained import detector_with, image

BOXES = torch.tensor([[12.0, 10.0, 50.0, 40.0], [2.0, 30.0, 24.0, 60.0], [40.0, 5.0, 60.0, 20.0]])
Target = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """What RoI heads are given of two images."""

    features: dict[str, Tensor]
    proposals: list[Tensor]
    images: ImageList

    def by(self, heads: RoIHeads, targets: list[Target] | None = None) -> tuple[list[Target], dict[str, Tensor]]:
        """Send it through heads, always with the same random numbers."""
        torch.manual_seed(4)
        given: tuple[list[Target], dict[str, Tensor]] = heads(
            self.features, list(self.proposals), self.images.image_sizes, targets
        )
        return given


def masks_of(boxes_n4: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    masks = torch.zeros(len(boxes_n4), 64, 64, dtype=torch.uint8)
    for mask, (x1, y1, x2, y2) in zip(masks, boxes_n4.int().tolist(), strict=True):
        mask[y1:y2, x1:x2] = torch.rand(y2 - y1, x2 - x1, generator=generator) > 0.3
    return masks


def truth() -> list[Target]:
    return [
        {"boxes": BOXES, "labels": torch.tensor([1, 2, 1]), "masks": masks_of(BOXES)},
        {"boxes": BOXES[:1], "labels": torch.tensor([2]), "masks": masks_of(BOXES[:1])},
    ]


def with_crops(target: Target) -> Target:
    crops = [Crop(mask.numpy().astype(bool), 0, 0) for mask in target["masks"]]
    return {**target, "masks": ObjectMasks(crops, (64, 64), (64, 64))}


def with_generator(target: Target) -> Target:
    return {**target, "generator": torch.Generator().manual_seed(8)}


def torchvisions(own: BudgetRoIHeads) -> RoIHeads:
    """Build torchvision's heads of the same parts."""
    box_parts = own.box_roi_pool, own.box_head, own.box_predictor
    mask_parts = own.mask_roi_pool, own.mask_head, own.mask_predictor
    plain = RoIHeads(*box_parts, 0.5, 0.5, 512, 0.25, None, 0.05, 0.5, own.detections_per_img, *mask_parts)
    return plain.train(own.training)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return detector_with("fcn_28")


@pytest.fixture(scope="module")
def pointrend() -> Detector:
    return detector_with("pointrend_112")


@pytest.fixture(scope="module")
def seen(detector: Detector) -> Seen:
    model = detector.model.eval()
    with torch.no_grad():
        images, _ = model.transform([image(), image().flip(2)])
        features = model.backbone(images.tensors)
        near = BOXES.repeat(8, 1) + torch.randn(24, 4, generator=torch.Generator().manual_seed(6)) * 2
        return Seen(features, [near.clamp(0, 64), near[:12].clamp(0, 64)], images)


@pytest.fixture
def own(detector: Detector) -> BudgetRoIHeads:
    """Heads that a test may change; their parts stay."""
    return BudgetRoIHeads(torchvisions(detector.model.roi_heads)).train()


@pytest.fixture
def refining(pointrend: Detector) -> RefiningRoIHeads:
    return RefiningRoIHeads(torchvisions(pointrend.model.roi_heads)).train()


@pytest.fixture(params=["own", "refining"])
def either(request: pytest.FixtureRequest) -> BudgetRoIHeads:
    heads: BudgetRoIHeads = request.getfixturevalue(request.param)
    return heads


def test_their_state_is_torchvision_s(own: BudgetRoIHeads) -> None:
    assert list(own.state_dict()) == list(torchvisions(own).state_dict())


def test_detections_are_torchvision_s_bit_for_bit(own: BudgetRoIHeads, seen: Seen) -> None:
    own.eval().score_thresh = 0.0
    plain = torchvisions(own)
    plain.score_thresh = 0.0
    with torch.no_grad():
        found, expected = seen.by(own)[0], seen.by(plain)[0]
    assert len(found[0]["boxes"])
    assert all(torch.equal(one[name], two[name]) for one, two in zip(found, expected, strict=True) for name in two)


def test_losses_are_torchvision_s_with_the_same_seed(own: BudgetRoIHeads, seen: Seen) -> None:
    found, expected = seen.by(own, truth())[1], seen.by(torchvisions(own), truth())[1]
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)


def test_masks_in_boxes_give_the_losses_of_full_masks(either: BudgetRoIHeads, seen: Seen) -> None:
    full = truth()
    found, expected = seen.by(either, [with_crops(target) for target in full])[1], seen.by(either, full)[1]
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("balanced", [True, False])
def test_no_more_rois_of_an_image_meet_the_mask_head_than_allowed(
    own: BudgetRoIHeads, seen: Seen, balanced: bool
) -> None:
    met: list[int] = []
    own.mask_head.register_forward_pre_hook(lambda module, given: met.append(len(given[0])))
    for own.mask_rois, own.balanced in ((None, balanced), (3, balanced)):
        seen.by(own, truth())
    assert met[0] > 10
    assert met[1] == 2 * 3


def test_every_object_meets_the_mask_head_where_there_is_room(own: BudgetRoIHeads, seen: Seen) -> None:
    own.mask_rois, own.balanced = 3, True
    labels, objects = torch.ones(43, dtype=torch.int64), torch.tensor([0] * 40 + [1, 1, 2])
    assert objects[own._meeting_masks(labels, objects, truth()[0])].tolist() == [0, 1, 2]


def test_an_image_s_rois_depend_on_its_generator_alone(own: BudgetRoIHeads, seen: Seen) -> None:
    own.fg_bg_sampler.batch_size_per_image = 16
    targets = [with_generator(target) for target in truth()]
    beside, *_ = own.select_training_samples(list(seen.proposals), targets)
    alone, *_ = own.select_training_samples(seen.proposals[1:], [with_generator(truth()[1])])
    assert torch.equal(beside[1], alone[0])


def test_losses_are_divided_by_the_shared_counts(either: BudgetRoIHeads, seen: Seen) -> None:
    alone = seen.by(either, truth())[1]
    counts: list[float] = []

    def shared(count: Tensor) -> Tensor:
        counts.append(float(count))
        return 2 * count

    either.shared_count = shared
    torch.testing.assert_close({n: 2 * loss for n, loss in seen.by(either, truth())[1].items()}, alone)
    assert counts[0] > counts[1] > 0


def test_images_without_objects_have_a_mask_loss_of_zero(own: BudgetRoIHeads, seen: Seen) -> None:
    nothing = {"boxes": BOXES[:0], "labels": torch.zeros(0, dtype=torch.int64), "masks": masks_of(BOXES[:0])}
    losses = seen.by(own, [nothing, with_crops(nothing)])[1]
    assert float(losses["loss_mask"].detach()) == 0.0
    assert float(losses["loss_classifier"].detach()) > 0.0
