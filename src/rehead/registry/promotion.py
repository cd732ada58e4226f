"""Whether a new model takes the champion's place: a pure rule over two scores."""

import math
from dataclasses import dataclass

from rehead.registry.plan import RegisterPlan


@dataclass(frozen=True)
class Contender:
    """A model, and what is known of its score on a test split."""

    model_sha256: str
    mask_AP: float | None  # noqa: N815 (the field's word)
    dataset_fingerprint: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """Whether the new model is promoted, and why, as a sentence."""

    promoted: bool
    because: str


def judge(new: Contender, champion: Contender | None, rule: RegisterPlan) -> Verdict:
    """Compare a new model with the champion; whatever cannot be compared leaves the champion in its place."""
    if not _is_score(new.mask_AP):
        return Verdict(False, f"its mask AP is {new.mask_AP}, no number from 0 to 1, so it cannot be trusted")
    if rule.promote == "never":
        return Verdict(False, "register.promote is `never`: the champion changes by hand alone")
    if champion is not None and champion.model_sha256 == new.model_sha256:
        return Verdict(False, "it is the champion already")
    if champion is None:
        return Verdict(True, f"there was no champion; its mask AP is {new.mask_AP:.4f}")
    if rule.promote == "always":
        return Verdict(True, f"register.promote is `always`; its mask AP is {new.mask_AP:.4f}")
    obstacle = _obstacle(new, champion)
    if obstacle:
        return Verdict(False, f"{obstacle}; set register.promote to `always` to replace the champion once")
    return _compare(new, champion, rule.margin)


def _obstacle(new: Contender, champion: Contender) -> str | None:
    """Say what makes the two scores incomparable, None where they can be compared."""
    if new.classes != champion.classes:
        return f"its classes ({_names(new)}) are not the champion's ({_names(champion)}), so no score compares them"
    if new.dataset_fingerprint != champion.dataset_fingerprint:
        return "the champion was scored on another test split and could not be scored on this one"
    if not _is_score(champion.mask_AP):
        return f"the champion's mask AP is {champion.mask_AP}, no number from 0 to 1"
    return None


def _compare(new: Contender, champion: Contender, margin: float) -> Verdict:
    assert new.mask_AP is not None, "judged before"
    assert champion.mask_AP is not None, "judged before"
    gain = new.mask_AP - champion.mask_AP
    against = f"mask AP {new.mask_AP:.4f} against the champion's {champion.mask_AP:.4f} on the same test split"
    if gain <= 0:
        return Verdict(False, f"{against}: {'equal' if gain == 0 else 'lower'}")
    if gain <= margin:
        return Verdict(False, f"{against}: higher by {gain:.4f}, and register.margin asks for more than {margin:.4f}")
    return Verdict(True, f"{against}: higher by {gain:.4f}")


def _is_score(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and 0.0 <= value <= 1.0


def _names(contender: Contender) -> str:
    shown = ", ".join(contender.classes[:5])
    return shown if len(contender.classes) <= 5 else f"{shown} and {len(contender.classes) - 5} more"
