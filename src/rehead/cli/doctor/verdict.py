"""What an overfitted batch says of rate, data and heads: pure judgement."""

from collections.abc import Sequence

from rehead.cli.doctor.falling import Fall, judge_courses
from rehead.cli.doctor.finding import Finding, Remark, finding_of
from rehead.cli.doctor.overfit import Attempt, Overfit

_FEW_STEPS = 20
_STILL = 0.01
"""A sum of losses that falls less than this share in all steps has hardly been moved."""
_RISE = 0.02
_CURES = {
    "loss_classifier": "are the labels those of the images? look at reports/ingest.html",
    "loss_box_reg": "are the boxes x1, y1, x2, y2 of the objects?",
    "loss_mask": "do the masks lie on the objects? look at reports/ingest.html",
    "loss_objectness": "do anchors fit the objects? see `input` above",
    "loss_rpn_box_reg": "do anchors fit the objects? see `input` above",
}


def learned(attempt: Attempt) -> bool:
    """Say whether every loss of an attempt fell that could."""
    return not attempt.diverged and all(fall.sound for fall in falls_of(attempt))


def falls_of(attempt: Attempt) -> tuple[Fall, ...]:
    """Judge the courses of an attempt; none where it took no step."""
    return judge_courses(attempt.courses, learning=attempt.learning) if attempt.steps else ()


def judge_overfit(found: Overfit) -> Finding:
    """Judge the attempt with the plan's own rate; a second one says whether the rate is to blame."""
    first, *rest = found.attempts
    falls = falls_of(first)
    remarks = [*_attempts(first, rest), *_predictions(first)]
    seen = f"{found.images} images with {found.objects} objects at {found.side} px"
    size = f"{seen} instead of {found.own_side}, for the time" if found.side < found.own_side else seen
    done = sum(fall.course == "fell" for fall in falls)
    frozen = [fall.name for fall in falls if fall.course == "frozen"]
    told = f"{first.steps} steps on {size}: {done} of 5 losses fell, mask AP on them {_found(first)}"
    told += f"; train.freeze leaves {' and '.join(frozen)} nothing to learn" if frozen else ""
    numbers = {
        "losses": {fall.name: {"before": fall.before, "after": fall.after, "course": fall.course} for fall in falls},
        "mask_AP": {"before": first.before, "after": first.after},
        "steps": first.steps,
        "input_size": found.side,
    }
    return finding_of("overfit", told, remarks, lines=tuple(fall.line() for fall in falls), numbers=numbers)


def _attempts(first: Attempt, rest: Sequence[Attempt]) -> list[Remark]:
    if not any(first.learning.values()):
        return [Remark("fail", "nothing learns: all is frozen", "set a shallower train.freeze, such as backbone")]
    sure = rest[0] if rest else None
    rate = f"train.lr {first.plan.lr:g} with {first.plan.optimizer}"
    better = "" if sure is None or not learned(sure) else f"{sure.plan.optimizer} at {sure.plan.lr:g} learned the batch"
    if first.diverged:
        cure = f"lower train.lr: {better}" if better else "look at weights, heads and input above"
        return [Remark("fail", f"with {rate} it ends after {first.steps} steps: {first.diverged}", cure)]
    unsound = [fall for fall in falls_of(first) if not fall.sound]
    if not unsound:
        return []
    names = ", ".join(fall.name for fall in unsound)
    moved = _moved(first)
    if better and abs(moved) < _STILL:
        return [Remark("fail", f"{rate} moves nothing ({moved:+.1%} in {first.steps} steps)", f"raise it: {better}")]
    if better and moved > _RISE:
        return [Remark("fail", f"the losses rise with {rate} ({moved:+.0%})", f"lower it: {better}")]
    if better:
        cure = f"{better}: a higher rate, or more epochs"
        return [Remark("warn", f"with {rate} {names} did not fall in {first.steps} steps", cure)]
    if first.steps < _FEW_STEPS:
        cure = "run it again on a machine that is not busy"
        return [Remark("skipped", f"{first.steps} steps fitted the time, too few to tell of {names}", cure)]
    cures = dict.fromkeys(_CURES[fall.name] for fall in unsound)
    return [Remark("fail", f"{names} did not fall, whatever the rate", "; ".join(cures))]


def _predictions(first: Attempt) -> list[Remark]:
    """The batch must be found better after it was learned, in evaluation mode, where batch norm is another."""
    if first.before is None or first.after is None or first.after > first.before or not learned(first):
        return []
    told = f"the losses fall, but mask AP on the batch did not rise in {first.steps} steps"
    return [Remark("warn", told, "watch val_mask_AP in the first epochs")]


def _moved(attempt: Attempt) -> float:
    """Compute the change of the sum of all losses from the first quarter of the steps to the last, as a share."""
    sums = [sum(values) for values in zip(*attempt.courses.values(), strict=True)]
    quarter = max(1, len(sums) // 4)
    first, last = sum(sums[:quarter]), sum(sums[-quarter:])
    return (last - first) / first if first else 0.0


def _found(attempt: Attempt) -> str:
    if attempt.before is None or attempt.after is None:
        return "not looked at, for the time"
    return f"{attempt.before:.2f} -> {attempt.after:.2f}"
