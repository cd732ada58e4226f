"""How to fine-tune: the `train` section of params.yaml."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator

from rehead.dataset.plan import AugmentPlan, Balance
from rehead.detector.plan import FreezeDepth
from rehead.params import Section, scalar_fields, with_values
from rehead.training.loss_weights import LossWeights

PrecisionName = Literal["auto", "float32", "bfloat16", "float16"]

_USUAL_BATCH = 4
_MOST_AT_ONCE = {"cpu": 8, "cuda": 16}
_STEPS_AN_EPOCH = 4

WITHOUT_EFFECT = {"workers", "processes", "batch_per", "process_timeout", "save_minutes", "feature_cache_gb"}
"""What may change while a training goes on: how many processes, when it is saved or given up, what may lie on disk."""


def batch_sizes(images: float, *, device: str) -> list[int]:
    """List the sizes of a batch to choose from, for so many images an epoch: powers of two that leave it some steps.

    At most eight on a processor and sixteen on a GPU: beyond, a rate would have to be found anew.
    """
    most = min(_MOST_AT_ONCE[device], max(1, int(images) // _STEPS_AN_EPOCH))
    return [2**power for power in range(most.bit_length())]


class TrainPlan(Section):
    """One training run; counts are per image where nothing else is said."""

    freeze: FreezeDepth = "backbone"
    """What does not learn: the part named with all before it; `backbone` ends where `stage4` does."""
    epochs: int = Field(10, ge=1, le=10_000)
    """Passes over the training images."""
    thaw: int | None = Field(None, ge=2)
    """Epoch from which on only `thaw_to` is frozen; null thaws nothing."""
    thaw_to: FreezeDepth = Field("none", validate_default=True)
    """What is frozen from epoch `thaw` on."""
    batch_size: Literal["auto"] | Annotated[int, Field(ge=1, le=256)] = 4
    """Images that are held at once; auto tries at the start how many fit into memory."""
    accumulate: int = Field(1, ge=1, le=256)
    """Batches whose gradients are added up for one step."""
    optimizer: Literal["adamw", "sgd"] = "adamw"
    """What takes the steps; `sgd` with momentum wants a rate some ten times higher."""
    lr: float = Field(1e-3, gt=0.0, le=10.0)
    """Highest learning rate, at the end of the warm-up."""
    lr_images: int | None = Field(None, ge=1)
    """Images a step that lr is meant for. With others it is scaled: as their number for sgd, as its root for adamw;
    null scales nothing."""
    layer_decay: float = Field(1.0, gt=0.0, le=1.0)
    """Factor on the rate for each stage of the trunk on the way to the image: at 0.5, stage4 learns at half of lr."""
    weight_decay: float = Field(1e-4, ge=0.0, le=1.0)
    """Pull of the weights towards zero; norms and biases are left out."""
    momentum: float = Field(0.9, ge=0.0, lt=1.0)
    """For sgd alone."""
    schedule: Literal["cosine", "step", "constant"] = "cosine"
    """After warm-up: down to zero along a cosine; to 1/10 at 2/3 and 1/100 at 9/10 of the steps; or no decay."""
    warmup: float = Field(0.1, ge=0.0, lt=1.0)
    """Share of all steps over which the rate rises from 1/100."""
    clip: float = Field(5.0, gt=0.0)
    """Largest norm of the gradient."""
    ema: float = Field(0.0, ge=0.0, lt=1.0)
    """Decay of the weights' moving average, which is then evaluated and saved, such as 0.999; 0 is none."""
    patience: int | None = Field(None, ge=1)
    """Epochs without a better validation mask AP after which training ends; null waits for ever."""
    minutes: float | None = Field(None, gt=0.0)
    """Time for training and validation, into which epochs and schedule are fitted by measured speed; null is no limit.

    Two such trainings need not end with the same weights.
    """
    rois: int = Field(64, ge=4, le=2048)
    """Proposals that the box head learns from; at most a quarter are objects, and only those may meet the mask head."""
    mask_rois: int | None = Field(16, ge=1, le=2048)
    """Most of those that meet the mask head, where a step spends most of its time; null lets all."""
    balanced_rois: bool = True
    """Whether objects are drawn in turns, each once before any twice, and the classes in turns within a round."""
    anchors: int = Field(128, ge=8, le=2048)
    """Anchors that the RPN learns from."""
    proposals: int = Field(500, ge=16, le=4000)
    """Proposals kept for sampling."""
    loss_weights: LossWeights = LossWeights()
    """What each of the five losses counts in their sum."""
    augment: AugmentPlan = AugmentPlan()
    """How samples are varied."""
    balance: Balance = "off"
    """With `classes`, images with rare classes come more often in an epoch, and others less (Gupta et al. 2019)."""
    workers: int = Field(0, ge=0, le=64)
    """Processes that load images beside the training; 0 loads in between."""
    feature_cache: Literal["auto", "on", "off"] = "auto"
    """Whether outputs of what is frozen are kept on disk and read from then on; auto keeps them where that pays."""
    feature_cache_gb: float = Field(20.0, gt=0.0, le=1e6)
    """Most that all features in data/features take; those not used for longest are removed for new ones."""
    processes: Literal["auto"] | Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that train together on this machine, each on a GPU of its own if there are any; auto is one a GPU."""
    batch_per: Literal["step", "process"] = "step"
    """Whose images batch_size counts. Per process, a step has more of them and the rate is scaled by their number."""
    process_timeout: float = Field(600.0, gt=0.0, le=86_400.0)
    """Seconds that a process waits for the others before the training ends."""
    save_minutes: float = Field(5.0, gt=0.0)
    """Longest time between two saves of what an interrupted training goes on from; the end of an epoch saves anyway."""
    precision: PrecisionName = "auto"
    """Number format of the network's products; auto is bfloat16 or float16 on a GPU, float32 on a CPU."""
    deterministic: bool = False
    """Whether a GPU computes in a fixed order, so that the same training ends with the same weights, and more slowly.

    On a CPU it does so anyway, at equal thread count.
    """
    seed: int = Field(0, ge=0)
    """Order of the images, how they are varied, and what is sampled of them."""

    @property
    def images_a_step(self) -> int:
        """Count the images whose gradients make one step."""
        return self.images_at_once * self.accumulate

    @property
    def images_at_once(self) -> int:
        """Count the images of a batch; where that is left to the start of the training, the usual number."""
        return _USUAL_BATCH if self.batch_size == "auto" else self.batch_size

    @property
    def rate_scale(self) -> float:
        """Give the factor on lr for the images of a step."""
        return 1.0 if self.lr_images is None else self._scaled(self.images_a_step / self.lr_images)

    def shared_by(self, processes: int) -> "TrainPlan":
        """Give the plan of what `processes` that train together do in a step.

        Where batch_size counts per process, a step has `processes` times the images, and the rate is that times higher
        for SGD (Goyal et al. 2017), the square root of that for AdamW (Malladi et al. 2022).
        """
        times = processes if self.batch_per == "process" else 1
        rate = self.lr * (self._scaled(times) if self.lr_images is None else 1.0)
        return self.model_copy(update={"batch_per": "step", "accumulate": self.accumulate * times, "lr": rate})

    def _scaled(self, times: float) -> float:
        return times if self.optimizer == "sgd" else math.sqrt(times)

    def freeze_at(self, epoch: int) -> FreezeDepth:
        """Give the depth that is frozen in an epoch, counted from 1."""
        return self.freeze if self.thaw is None or epoch < self.thaw else self.thaw_to

    def augment_at(self, epoch: int) -> AugmentPlan:
        """Give how samples are varied in an epoch, counted from 1."""
        return self.augment.at(epoch, epochs=self.epochs)

    @field_validator("thaw")
    @classmethod
    def _within_the_training(cls, thaw: int | None, info: ValidationInfo) -> int | None:
        if thaw is not None and thaw > info.data.get("epochs", thaw):
            raise ValueError(
                f"epochs is {info.data['epochs']}, so epoch {thaw} never comes; name an earlier one, or null"
            )
        return thaw

    @field_validator("thaw_to")
    @classmethod
    def _shallower(cls, depth: FreezeDepth, info: ValidationInfo) -> FreezeDepth:
        order, frozen = get_args(FreezeDepth), info.data.get("freeze")
        if info.data.get("thaw") is not None and frozen and order.index(depth) >= order.index(frozen):
            raise ValueError(f"must be shallower than freeze: {frozen}, or thaw: null; depths are {', '.join(order)}")
        return depth

    @field_validator("feature_cache")
    @classmethod
    def _something_frozen(cls, mode: str, info: ValidationInfo) -> str:
        if mode == "on" and info.data.get("freeze") == "none":
            raise ValueError("train.freeze is none, so there is nothing that stays the same: freeze stem at least")
        return mode

    def tuned(self, best: Mapping[str, Any]) -> "TrainPlan":
        """Take over what tuning found, given as {"train.lr": ...}; raises ValueError for a name that is not ours."""
        names = {name: name.removeprefix("train.") for name in best}
        foreign = [name for name, own in names.items() if name == own or own not in scalar_fields(type(self))]
        if foreign:
            raise ValueError(
                f"tuning found values for {foreign}, which the train section does not have: run `dvc repro tune`"
            )
        values = {names[name]: value for name, value in best.items()}
        return type(self).model_validate(with_values(self.model_dump(), values))
