"""One batch learned by heart: what cannot learn a few images will not learn many."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rehead.cli.doctor.batch import choose_images, part_of, reduced, shrunk
from rehead.cli.doctor.clock import Clock
from rehead.cli.doctor.falling import LEAST_STEPS, LOSSES
from rehead.cli.doctor.pace import SMALLEST_SIDE, Pace
from rehead.cli.doctor.subject import Subject, measured
from rehead.coco.statistics import INPUT_SIZES
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Sample, Split
from rehead.detector.build import Detector
from rehead.evaluation.validation import score_split
from rehead.training.learner import Learner
from rehead.training.plan import TrainPlan
from rehead.training.step import take_step

STEPS = 40
_ENOUGH_STEPS = 20
"""From here on an attempt ends as soon as all losses have fallen."""
_IMAGES = 2
_ROIS = 128
"""Fewer make the losses jump from step to step."""
_SURE_RATE = 1e-3
"""With AdamW, at which new heads learn on any dataset: so a rate that is wrong is told from data that are."""
_STEPS_SHARE = 0.85
"""Of an attempt's time, for its steps; the rest is for looking at what it learned."""
_LOOKING_STEPS = 30
"""Steps that must fit for mask AP to be looked at before and after: with less time, the losses come first."""
_SIDE_SHARE = 0.6
"""Of the time, that the steps should take: a machine may be busier later."""
_UNAUGMENTED = AugmentPlan(flip_horizontal=0.0)


@dataclass(frozen=True)
class Attempt:
    """One attempt: its rate, each loss's course, which losses have anything that learns, and mask AP on the batch."""

    plan: TrainPlan
    courses: Mapping[str, Sequence[float]]
    learning: Mapping[str, bool]
    before: float | None = None
    after: float | None = None
    seconds: float = 0.0
    diverged: str = ""

    @property
    def steps(self) -> int:
        """Steps that were taken."""
        return len(next(iter(self.courses.values())))


@dataclass(frozen=True)
class Overfit:
    """Attempts on one batch, what it is like, and at what pace its steps went."""

    attempts: tuple[Attempt, ...]
    images: int
    objects: int
    side: int
    own_side: int
    pace: Pace


def overfit(
    subject: Subject,
    detector: Detector,
    clock: Clock,
    *,
    pace: Pace,
    enough: Callable[[Attempt], bool],
    on_step: Callable[[str], None] = lambda note: None,
) -> Overfit | None:
    """Learn a batch with the plan's rate, and if that is not `enough` and time is left, with a sure one.

    Returns None if too few steps fit the time to say anything. The detector stays as it is: copies of it learn.
    """
    places = choose_images(measured(subject.train), count=_IMAGES)
    batch = part_of(subject.train, places)
    own = subject.own_side
    samples = [shrunk(batch[place], own) for place in range(len(batch))]
    plan = _plan_of(subject.plans.train, images=len(samples))
    side = choose_side(own, pace.seconds * _pixels(samples) / own**2, clock.left * _SIDE_SHARE)
    a_step = pace.seconds * _pixels(samples) * (side / own) ** 2
    many = 1 if a_step * STEPS > clock.left else len(samples)
    a_step *= many / len(samples)
    samples = [shrunk(sample, side) for sample in samples[:many]]
    looked = part_of(batch, range(many)) if clock.left > _LOOKING_STEPS * a_step else None
    attempts: list[Attempt] = []
    for tried in (plan, plan.model_copy(update={"optimizer": "adamw", "lr": _SURE_RATE, "lr_images": None})):
        attempt = _attempt(reduced(detector, side), tried, samples, looked, clock, enough=enough, on_step=on_step)
        if attempt.diverged or attempt.steps >= LEAST_STEPS:
            attempts.append(attempt)
        if not attempts or enough(attempts[-1]) or clock.left < _STEPS_SHARE * LEAST_STEPS * a_step:
            break
    if not attempts:
        return None
    objects = sum(len(sample.labels_n) for sample in samples)
    first = attempts[0]
    refined = Pace(first.seconds / first.steps / _pixels(samples), side) if first.steps else pace
    return Overfit(tuple(attempts), len(samples), objects, side, own, refined)


def choose_side(own: int, seconds_at_one: float, seconds: float, *, steps: int = STEPS) -> int:
    """Choose the largest input size at which `steps` steps fit; `seconds_at_one` is a step's time by squared pixel."""
    sides = [side for side in (*INPUT_SIZES, own) if SMALLEST_SIDE <= side <= own]
    return max([side for side in sides if seconds_at_one * side**2 * steps <= seconds], default=min(own, SMALLEST_SIDE))


def losses_that_learn(learner: Learner) -> dict[str, bool]:
    """Tell which losses reach any parameter that learns."""
    heads, model = learner.model.roi_heads, learner.model
    behind = {
        "loss_classifier": (heads.box_head, heads.box_predictor),
        "loss_box_reg": (heads.box_head, heads.box_predictor),
        "loss_mask": (heads.mask_head, heads.mask_predictor),
        "loss_objectness": (model.rpn,),
        "loss_rpn_box_reg": (model.rpn,),
    }
    return {
        name: any(value.requires_grad for module in (model.backbone, *behind[name]) for value in module.parameters())
        for name in LOSSES
    }


def _plan_of(plan: TrainPlan, *, images: int) -> TrainPlan:
    """Leave the plan its optimiser, rate and freezing, and take away what makes one step differ from the next."""
    return plan.model_copy(
        update={
            "batch_size": images,
            "epochs": STEPS,
            "thaw": None,
            "schedule": "constant",
            "warmup": 0.0,
            "rois": max(plan.rois, _ROIS),
            "augment": _UNAUGMENTED,
        }
    )


def _attempt(
    detector: Detector,
    plan: TrainPlan,
    samples: Sequence[Sample],
    looked: Split | None,
    clock: Clock,
    *,
    enough: Callable[[Attempt], bool],
    on_step: Callable[[str], None],
) -> Attempt:
    """Take steps on the batch, each with the same draw of anchors and proposals, until there are enough."""
    learner = Learner(detector, plan, images=len(samples))
    courses: dict[str, list[float]] = {name: [] for name in LOSSES}
    learner.begin(1)
    attempt = Attempt(plan, courses, losses_that_learn(learner))
    end = clock.left * (1 - _STEPS_SHARE)
    began = clock.spent
    try:
        before = None if looked is None else score_split(detector, looked).mask["AP"]
        began = clock.spent
        while attempt.steps < STEPS and clock.left > end and not (attempt.steps >= _ENOUGH_STEPS and enough(attempt)):
            learner.begin(1)
            learner.steps_in_epoch = 0  # by which a step's draw is seeded
            step = take_step(learner, samples)
            for name in LOSSES:
                courses[name].append(step.losses[name])
            on_step(f"loss {step.losses['loss']:.3f}")
        attempt = replace(attempt, before=before, seconds=clock.spent - began)
        return attempt if looked is None else replace(attempt, after=score_split(detector, looked).mask["AP"])
    except FloatingPointError as error:
        return replace(attempt, diverged=str(error), seconds=clock.spent - began)


def _pixels(samples: Sequence[Sample]) -> float:
    return float(sum(sample.image_chw[0].numel() for sample in samples))
