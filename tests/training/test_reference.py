"""By torchvision's numbers of anchors and RoIs, training is its own: its network, masks of whole images, a plain loop.

The trunk is frozen: where its batch norm counts eight pixels, rounding alone makes two runs part.
"""

from copy import deepcopy
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor

from rehead.dataset.batches import batches
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Split
from rehead.detector.build import Detector, build_detector
from rehead.detector.fourier_conv import FourierConv
from rehead.detector.plan import ModelPlan
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan

NARROW = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
WIDE = ModelPlan(weights="none", input_size=256, fpn_channels=256, box_head=64, mask_layers=(256,))
"""Wide and large enough for the ways to outputs and gradients that are shorter than torchvision's."""
PLAN = TrainPlan(
    freeze="backbone",
    epochs=2,
    batch_size=2,
    optimizer="sgd",
    lr=0.01,
    weight_decay=0.0,
    schedule="constant",
    warmup=0.0,
    clip=1e9,
    rois=512,
    mask_rois=None,
    balanced_rois=False,
    anchors=256,
    proposals=2000,
    augment=AugmentPlan(flip_horizontal=0.0),
    feature_cache="off",
    precision="float32",
)


class SeededSampler(BalancedPositiveNegativeSampler):
    """torchvision's sampler with a generator for each image."""

    generators: list[torch.Generator]

    def __call__(self, labels: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Draw of each image what torchvision's own draws with that generator."""
        drawn: tuple[list[Tensor], list[Tensor]] = [], []
        before = torch.get_rng_state()
        for labels_p, generator in zip(labels, self.generators, strict=True):
            torch.set_rng_state(generator.get_state())
            for of_images, of_image in zip(drawn, super().__call__([labels_p]), strict=True):
                of_images.extend(of_image)
            generator.set_state(torch.get_rng_state())
        torch.set_rng_state(before)
        return drawn


def plain_model(detector: Detector) -> MaskRCNN:
    """Build torchvision's network around a copy of the trunk, with the detector's weights and all else its default."""
    outputs, width = len(detector.classes) + 1, detector.model.backbone.out_channels
    box_width = detector.model.roi_heads.box_head.fc7.out_features
    model = MaskRCNN(
        deepcopy(detector.model.backbone),
        min_size=detector.plan.input_size,
        max_size=detector.model.transform.max_size,
        rpn_anchor_generator=detector.model.rpn.anchor_generator,
        box_head=TwoMLPHead(width * 7 * 7, box_width),
        box_predictor=FastRCNNPredictor(box_width, outputs),
        mask_head=MaskRCNNHeads(width, [width], 1),
        mask_predictor=MaskRCNNPredictor(width, width, outputs),
    )
    model.load_state_dict(detector.model.state_dict())
    for block in model.backbone.fpn.layer_blocks:
        block[0].__class__ = torch.nn.Conv2d  # with the way back that torch has
    model.train().backbone.body.eval().requires_grad_(False)
    return model


def plain_losses(model: MaskRCNN, split: Split, clock: Learner) -> list[dict[str, float]]:
    """Train with a loop of a few lines; the clock tells the random numbers of each step and image."""
    model.rpn.fg_bg_sampler, model.roi_heads.fg_bg_sampler = SeededSampler(256, 0.5), SeededSampler(512, 0.25)
    optimizer = torch.optim.SGD(model.parameters(), lr=PLAN.lr, momentum=PLAN.momentum)
    told: list[dict[str, float]] = []
    images = clock.plan.images_a_step
    for clock.epochs_done in range(PLAN.epochs):
        numbered = enumerate(batches(split, PLAN.augment, batch_size=images, seed=PLAN.seed, epoch=clock.epoch))
        for clock.steps_in_epoch, samples in numbered:
            generators = [clock.generator(sample.record.id) for sample in samples]
            model.rpn.fg_bg_sampler.generators = model.roi_heads.fg_bg_sampler.generators = generators
            targets = [{"boxes": s.boxes_n4, "labels": s.labels_n, "masks": s.masks_nhw} for s in samples]
            losses = model([sample.image_chw for sample in samples], targets)
            optimizer.zero_grad()
            sum(losses.values()).backward()
            optimizer.step()
            told.append({name: float(loss.detach()) for name, loss in losses.items()})
    return told


def note_short_ways(detector: Detector, taken: set[str]) -> None:
    """Note which parts take a shorter way than torchvision's."""

    def note(name: str, layer: Any, inputs: Any) -> None:
        if layer._pays(inputs[0]):
            taken.add(name)

    for name, layer in detector.model.named_modules():
        if isinstance(layer, FourierConv):
            layer.register_forward_pre_hook(partial(note, name))
    scoring = detector.model.rpn.head
    scoring.register_forward_pre_hook(lambda *_: None if torch.is_grad_enabled() else taken.add("rpn"))


def share_proposals(giving: Detector, taking: MaskRCNN) -> None:
    """Let one network learn from the proposals of another that took the same steps before.

    Of thousands some are so close in score that rounding decides which one suppresses the other.
    """
    kept: list[Any] = []
    choose = giving.model.rpn.filter_proposals

    def keep(*args: Any) -> Any:
        kept.append(choose(*args))
        return kept[-1]

    giving.model.rpn.filter_proposals = keep
    taking.rpn.filter_proposals = lambda *args: kept.pop(0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "images", "steps", "shorter"),
    [(NARROW, 2, 5, set()), (WIDE, 5, 2, {"rpn", "rpn.head.conv.0.0", "roi_heads.mask_head.0.0"})],
    ids=["narrow", "wide"],
)
def test_by_torchvision_s_numbers_the_first_steps_have_its_losses(
    model: ModelPlan, images: int, steps: int, shorter: set[str], drawn: Split
) -> None:
    plan, taken = PLAN.model_copy(update={"batch_size": images}), set[str]()
    torch.manual_seed(0)
    detector = build_detector(model, drawn.classes)
    plain, clock = plain_model(detector), Learner(deepcopy(detector), plan, images=len(drawn))
    note_short_ways(detector, taken)
    if shorter:
        share_proposals(detector, plain)
    found = [step.losses for epoch in train(Learner(detector, plan, images=len(drawn)), drawn) for step in epoch.steps]
    expected = plain_losses(plain, drawn, clock)
    assert taken == shorter
    for own, torchvisions in zip(found[:steps], expected[:steps], strict=True):
        assert own == pytest.approx(torchvisions | {"loss": sum(torchvisions.values())}, abs=1e-5)
