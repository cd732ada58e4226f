"""The loss at the sampled anchors alone is the dense network's, and so are its gradients, at the border as well."""

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead

from rehead.detector.rpn import SampledRPN

SIZES = [(64, 96), (50, 96)]
CHANNELS = 4
Targets = list[dict[str, Tensor]]


class OnPatches(SampledRPN):
    """Reads patches even where that is more work."""

    def _pays(self, maps: list[Tensor], drawn: int) -> bool:
        return True


def network(*, convolutions: int = 1, anchors: int = 4096) -> RegionProposalNetwork:
    torch.manual_seed(0)
    head = RPNHead(CHANNELS, 3, conv_depth=convolutions)
    for parameter in head.parameters():
        nn.init.normal_(parameter, std=0.3)
    boxes = AnchorGenerator(((16,), (32,)), ((0.5, 1.0, 2.0),) * 2)
    limits = {"training": 50, "testing": 40}
    return RegionProposalNetwork(boxes, head, 0.6, 0.3, anchors, 0.5, limits, limits, 0.7).train()


def seen(*, memory_format: torch.memory_format = torch.contiguous_format) -> tuple[ImageList, dict[str, Tensor]]:
    generator = torch.Generator().manual_seed(1)
    maps = [torch.randn(2, CHANNELS, 64 // stride, 96 // stride, generator=generator) for stride in (4, 8)]
    levels = {str(n): level.contiguous(memory_format=memory_format).requires_grad_() for n, level in enumerate(maps)}
    return ImageList(torch.zeros(2, 3, 64, 96), SIZES), levels


def truth() -> Targets:
    return [{"boxes": torch.tensor([[0.0, 0.0, 20.0, 14.0], [60.0, 30.0, 96.0, 64.0]])}, {"boxes": torch.zeros(0, 4)}]


def learned(network: RegionProposalNetwork, images: ImageList, levels: dict[str, Tensor]) -> tuple[Tensor, ...]:
    """Give the losses, then the gradients of maps and parameters."""
    torch.manual_seed(2)
    losses = network(images, levels, truth())[1]
    total = losses["loss_objectness"] + 2 * losses["loss_rpn_box_reg"]
    told = [loss.detach() for loss in losses.values()]
    return (*told, *torch.autograd.grad(total, [*levels.values(), *network.head.parameters()]))


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("convolutions", [1, 2])
def test_losses_and_gradients_at_every_anchor_are_torchvision_s(
    convolutions: int, memory_format: torch.memory_format
) -> None:
    plain, given = network(convolutions=convolutions), seen(memory_format=memory_format)
    for found, expected in zip(learned(OnPatches(plain), *given), learned(plain, *given), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5 * float(expected.abs().max()), rtol=1e-5)


def test_few_anchors_are_read_from_patches_and_drawn_as_torchvision_draws_them() -> None:
    plain, given = network(anchors=16), seen()
    own = SampledRPN(plain)
    assert own._pays(list(given[1].values()), 32)
    for found, expected in zip(learned(own, *given), learned(plain, *given), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5 * float(expected.abs().max()), rtol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_proposals_are_torchvision_s_bit_for_bit(training: bool) -> None:
    plain, given = network(anchors=16).train(training), seen()
    expected, _ = plain(*given, truth())
    found, _ = SampledRPN(plain).train(training)(*given, truth())
    assert all(torch.equal(*pair) for pair in zip(found, expected, strict=True))


def test_a_frozen_network_tells_its_losses_and_asks_for_no_gradient() -> None:
    plain, (images, levels) = network(anchors=16), seen()
    plain.requires_grad_(False)
    fixed = {name: level.detach() for name, level in levels.items()}
    torch.manual_seed(2)
    expected = plain(images, fixed, truth())[1]
    torch.manual_seed(2)
    found = SampledRPN(plain).train()(images, fixed, truth())[1]
    assert not any(loss.requires_grad for loss in found.values())
    torch.testing.assert_close(found, expected)


def test_losses_are_divided_by_the_shared_count() -> None:
    own, given = SampledRPN(network(anchors=16)), seen()
    alone = learned(own, *given)
    own.shared_count = lambda count: 4 * count
    for shared, one in zip(learned(own, *given), alone, strict=True):
        torch.testing.assert_close(4 * shared, one)


def test_an_image_s_anchors_depend_on_its_generator_alone() -> None:
    own, (images, levels) = SampledRPN(network(anchors=16)), seen()

    def losses(seed: int) -> list[float]:
        torch.manual_seed(seed)
        targets = [{**target, "generator": torch.Generator().manual_seed(9)} for target in truth()]
        return [float(loss.detach()) for loss in own(images, levels, targets)[1].values()]

    assert losses(1) == losses(2)
