"""With every measure off, training is plain torchvision's: its network, its masks of whole images, a plain loop.

The trunk is frozen: where its batch norm counts eight pixels, rounding alone makes two runs part.
"""

from copy import deepcopy

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
from rehead.detector.plan import ModelPlan
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan

WIDTH, STEPS = 8, 5
MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=WIDTH, box_head=WIDTH, mask_layers=(WIDTH,))
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
    outputs = len(detector.classes) + 1
    model = MaskRCNN(
        deepcopy(detector.model.backbone),
        min_size=64,
        max_size=detector.model.transform.max_size,
        rpn_anchor_generator=detector.model.rpn.anchor_generator,
        box_head=TwoMLPHead(WIDTH * 7 * 7, WIDTH),
        box_predictor=FastRCNNPredictor(WIDTH, outputs),
        mask_head=MaskRCNNHeads(WIDTH, [WIDTH], 1),
        mask_predictor=MaskRCNNPredictor(WIDTH, WIDTH, outputs),
    )
    model.load_state_dict(detector.model.state_dict())
    model.train().backbone.body.eval().requires_grad_(False)
    return model


def plain_losses(model: MaskRCNN, split: Split, clock: Learner) -> list[dict[str, float]]:
    """Train with a loop of a few lines; the clock tells the random numbers of each step and image."""
    model.rpn.fg_bg_sampler, model.roi_heads.fg_bg_sampler = SeededSampler(256, 0.5), SeededSampler(512, 0.25)
    optimizer = torch.optim.SGD(model.parameters(), lr=PLAN.lr, momentum=PLAN.momentum)
    told: list[dict[str, float]] = []
    for clock.epochs_done in range(PLAN.epochs):
        numbered = enumerate(batches(split, PLAN.augment, batch_size=2, seed=PLAN.seed, epoch=clock.epoch))
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


@pytest.mark.slow
def test_with_every_measure_off_five_steps_give_plain_torchvision_s_losses(drawn: Split) -> None:
    torch.manual_seed(0)
    detector = build_detector(MODEL, drawn.classes)
    plain, clock = plain_model(detector), Learner(deepcopy(detector), PLAN, images=len(drawn))
    expected = plain_losses(plain, drawn, clock)
    learner = Learner(detector, PLAN, images=len(drawn))
    found = [step.losses for epoch in train(learner, drawn) for step in epoch.steps]
    for own, torchvisions in zip(found[:STEPS], expected[:STEPS], strict=True):
        assert own == pytest.approx(torchvisions | {"loss": sum(torchvisions.values())}, abs=1e-5)
