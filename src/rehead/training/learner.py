"""A detector in training: its optimiser and schedule, and what is needed to go on after an interruption."""

from typing import Any

import numpy as np
import torch
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler

from rehead.dataset.plan import AugmentPlan
from rehead.detector.build import Detector, best_device
from rehead.detector.freezing import freeze, learning_mode
from rehead.detector.plan import FreezeDepth
from rehead.feature_cache.cached_trunk import CachedTrunk
from rehead.training.budget import Budget
from rehead.training.distributed import ALONE, Group
from rehead.training.ema import WeightAverage
from rehead.training.optimiser import build_optimizer, learning_parameters, trunk_depths
from rehead.training.plan import WITHOUT_EFFECT, TrainPlan
from rehead.training.precision import precision_of
from rehead.training.schedule import build_schedule
from rehead.training.sharing import Shares

_POSITIVE_SHARE = 0.25


class Learner:
    """What learns and how; between two steps its state is whole."""

    at_once: int
    """Images that are held at once: the plan's, until there is too little memory for them."""
    steps_an_epoch: int
    budget: Budget
    """How many epochs there will be."""
    schedule: LambdaLR

    def __init__(self, detector: Detector, plan: TrainPlan, *, images: int, group: Group = ALONE) -> None:
        """Freeze, limit the samplers and build the optimiser for `images` training images, on a GPU if there is one.

        The processes of `group` each have a learner like this one, by the same plan, and take each step together.
        """
        self.detector, self.plan, self.group = detector, plan, group
        self.device = best_device()
        self.precision = precision_of(plan.precision, self.device)
        self.scaler = self.precision.scaler()
        self.model = detector.model.to(self.device, memory_format=torch.channels_last)
        self.thawed = freeze(detector, plan.freeze_at(plan.epochs))
        """What learns, and what never does, once all is thawed that will be."""
        last = list(learning_parameters(self.model))
        self.frozen = freeze(detector, plan.freeze)
        """What learns and what is frozen in the first epoch."""
        _limit_samples(self.model, plan)
        self.shares = Shares(group, self.device)
        self.shares.watch(self.model)
        joining = [value for value in last if not value.requires_grad]
        self.optimizer: Optimizer = build_optimizer(self.model, plan, joining=joining, depths=trunk_depths(detector))
        self.average = WeightAverage(self.model, plan.ema, frozen=self.thawed.modules)
        """In the model between two epochs, for those who evaluate and save it."""
        self._images = images
        self._lay_out()
        self.trunks: dict[FreezeDepth, CachedTrunk] = {}
        """By depth, where frozen features may be read from; see `open_features`."""
        self.cached: tuple[FreezeDepth, ...] = ()
        """The depths at which they are: a training goes on as it began, since features are rounded as they are kept."""
        self.epochs_done = 0
        self.steps_in_epoch = 0
        """Steps done of the epoch after those."""

    @property
    def params(self) -> dict[str, Any]:
        """Give what makes this training what it is: the plan, and the detector's own."""
        plan = self.plan.model_dump(mode="json", exclude=WITHOUT_EFFECT)
        return {"train": plan, "model": self.detector.plan.model_dump(mode="json")}

    @property
    def steps_done(self) -> int:
        """Count the steps taken so far."""
        return self.epochs_done * self.steps_an_epoch + self.steps_in_epoch

    @property
    def epoch(self) -> int:
        """Number the epoch that is being learned, from 1."""
        return self.epochs_done + 1

    @property
    def augment(self) -> AugmentPlan:
        """Give how this epoch varies its samples; where time ends a training early, its plain end comes earlier."""
        return self.plan.augment.at(self.epoch, epochs=self.budget.epochs)

    @property
    def thaw_line(self) -> str:
        """Say in one line what thaws when."""
        more, plan = self.thawed.learning - self.frozen.learning, self.plan
        return f"epoch {plan.thaw} thaws from {plan.freeze} to {plan.thaw_to}: {more:,} more parameters learn"

    @property
    def trunk(self) -> CachedTrunk | None:
        """Give where this epoch's frozen features come from; None where images go through the network."""
        depth = self.plan.freeze_at(self.epoch)
        return self.trunks[depth] if depth in self.cached and self.augment.finite else None

    def take_batch(self, images: int) -> None:
        """Hold so many images at once; before the first step, or as the training began that is to go on."""
        self.plan = self.plan.model_copy(update={"batch_size": images})
        self._lay_out()

    def begin(self, epoch: int) -> None:
        """Freeze what an epoch freezes, and put the rest into training mode, with the weights that learn."""
        self.average.hide()
        depth = self.plan.freeze_at(epoch)
        freeze(self.detector, depth)
        learning_mode(self.detector, depth)

    def hold_still(self) -> None:
        """Put the model into the mode in which it gives losses, but no running statistic moves."""
        self.model.train()
        for module in self.model.modules():
            if isinstance(module, _BatchNorm):
                module.eval()

    def seed_step(self) -> None:
        """Seed what the next step leaves to chance: no generator's state has to be kept for an interruption."""
        seeds = np.random.SeedSequence([self.plan.seed, self.epoch, self.steps_in_epoch])
        torch.manual_seed(int(seeds.generate_state(1)[0]))

    def generator(self, image: int, *, unseen: bool = False) -> torch.Generator:
        """Give what an image's anchors and RoIs are drawn by, whatever images and processes are beside it.

        For an image that nothing is learned from it is the same after every step.
        """
        now = [] if unseen else [self.epoch, self.steps_in_epoch]
        seeds = np.random.SeedSequence([self.plan.seed, *now, image])
        return torch.Generator(self.device).manual_seed(int(seeds.generate_state(1)[0]))

    def state(self) -> dict[str, Any]:
        """Give all that the next step depends on, as tensors and plain types."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average": self.average.state(),
            "budget": self.budget.state(),
            "batch_size": self.plan.images_at_once,
            "at_once": self.at_once,
            "cached": list(self.cached),
            "epochs_done": self.epochs_done,
            "steps_in_epoch": self.steps_in_epoch,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state` gave."""
        if self.plan.batch_size == "auto":
            self.take_batch(state["batch_size"])
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        if state["scaler"]:  # empty where the training began in a format that needs none
            self.scaler.load_state_dict(state["scaler"])
        self.average.restore(state["average"])
        self.budget.restore(state["budget"])
        self.at_once = state["at_once"]
        self.cached = tuple(state["cached"])
        self.epochs_done = state["epochs_done"]
        self.steps_in_epoch = state["steps_in_epoch"]

    def _lay_out(self) -> None:
        """Plan epochs, steps and rates for the images of a step."""
        plan = self.plan
        self.at_once = plan.images_at_once
        self.steps_an_epoch = -(-self._images // plan.images_a_step)
        self.budget = Budget(plan, steps_an_epoch=self.steps_an_epoch, group=self.group)
        for group in self.optimizer.param_groups:
            group["lr"] = group.get("initial_lr", group["lr"])
        thaw = ((plan.thaw or 1) - 1) * self.steps_an_epoch
        self.schedule = build_schedule(self.optimizer, plan, course=self.budget.course, thaw=thaw)


def _limit_samples(model: Any, plan: TrainPlan) -> None:
    """Set how many anchors, proposals and RoIs an image contributes to the losses."""
    model.roi_heads.fg_bg_sampler = BalancedPositiveNegativeSampler(plan.rois, _POSITIVE_SHARE)
    model.roi_heads.mask_rois, model.roi_heads.balanced = plan.mask_rois, plan.balanced_rois
    model.rpn.fg_bg_sampler = BalancedPositiveNegativeSampler(plan.anchors, 0.5)
    for limits in (model.rpn._pre_nms_top_n, model.rpn._post_nms_top_n):
        limits["training"] = plan.proposals
