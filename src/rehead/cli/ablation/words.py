"""What the numbers of an ablation mean, in plain words; every sentence follows from numbers by a rule."""

import math
from dataclasses import dataclass

from rehead.cli.ablation.comparison import Comparison, Difference, Variant
from rehead.cli.ablation.prospect import ap_of, gains, three
from rehead.cli.ablation.spread import excludes_zero
from rehead.evaluation.advice import LITTLE
from rehead.reporting.wording import THIN_SPACE

_FEW_IMAGES, _FEW_SEEDS, _MANY_SEEDS, _MOST_SEEDS = 50, 3, 8, 20


@dataclass(frozen=True)
class Explanation:
    """What a comparison says of one value against the first: the advice, and the sentences that lead to it."""

    value: str
    advice: str
    because: tuple[str, ...]


def explain(comparison: Comparison) -> tuple[Explanation, ...]:
    """Explain each value but the first: what could be won, what was, whether by chance, at what price, what to do."""
    first = comparison.variants[0]
    return tuple(
        Explanation(
            other.value,
            _advice(comparison, first, other),
            tuple(
                sentence
                for sentence in (
                    _to_win(comparison, first, other),
                    _won(first, other),
                    _chance(comparison, other),
                    _price(first, other),
                )
                if sentence
            ),
        )
        for other in comparison.variants[1:]
    )


def caveats(comparison: Comparison) -> list[str]:
    """Name what makes the numbers weaker than they look."""
    images, objects = comparison.dataset["images"], comparison.dataset["annotations"]
    seeds = min(len(one.scores["mask AP"].by_seed) for one in comparison.variants)
    found = []
    if images < _FEW_IMAGES:
        found.append(
            f"{images} images with {objects} objects are few: other images of the same kind could reverse the order, "
            "and intervals from so few are themselves rough."
        )
    if seeds < _FEW_SEEDS:
        found.append(f"{_count(seeds, 'seed')} cannot show how much a training varies by chance; take three or more.")
    elif seeds < _MANY_SEEDS:
        found.append(f"{seeds} seeds give wide intervals: differences smaller than these may be real and unseen.")
    found.append("The validation split was scored; what is best here is a little worse on new images.")
    return found


def _to_win(comparison: Comparison, first: Variant, other: Variant) -> str:
    """Say what the ceilings leave to win."""
    most = _promised(comparison, first, other)
    if most is None:
        return ""
    sides = {one.resolution: one for one in comparison.ceilings.by_resolution} if comparison.ceilings else {}
    before, after = (sides[one.resolution] for one in (first, other) if one.resolution is not None)
    scores = f"A perfect head scores mask AP {ap_of(before)} at {first.value} and {ap_of(after)} at {other.value}"
    if max(most) < LITTLE:
        return f"{scores}: there was next to nothing to win ({_signed(most[0])}, boundary AP {_signed(most[1])})."
    return f"{scores}: {_signed(most[0])} mask AP and {_signed(most[1])} boundary AP were there to win."


def _won(first: Variant, other: Variant) -> str:
    """Say what the trained heads scored."""
    before, after = (one.scores["mask AP"].mean for one in (first, other))
    gained = {name: other.differences[name].mean for name in ("mask AP", "boundary AP", "box AP")}
    if before is None or after is None:
        return "Mask AP is undefined: there is no object to find."
    told = ", ".join(f"{_signed(gain)} {name}" for name, gain in gained.items() if gain is not None)
    paired = first.scores["mask AP"].by_seed.keys() == other.scores["mask AP"].by_seed.keys()
    over = "" if paired else ", over the seeds that both have"
    return f"Trained, {other.value} reached mask AP {three(after)} and {first.value} {three(before)}: {told}{over}."


def _chance(comparison: Comparison, other: Variant) -> str:
    """Say whether the difference in mask AP stands out from the chance of seeds and of images."""
    found = other.differences["mask AP"]
    if found.mean is None:
        return ""
    if found.over_images is None:
        return "Of so few images nobody knows whether others would say the same."
    images = f"{_range(found.over_images)} over images"
    if found.over_seeds is None:
        return f"With one seed nobody knows what chance does to a training; the difference is {images}."
    level = f"{100 * comparison.confidence:.0f} %"
    both = f"The {level} interval of the difference is {_range(found.over_seeds)} over seeds and {images}"
    outside = excludes_zero(found.over_seeds), excludes_zero(found.over_images)
    verdict = {
        (True, True): "it is more than chance.",
        (True, False): "seeds agree, but these images are too few or too alike to say so of others.",
        (False, True): "these images agree, but another seed could reverse it.",
        (False, False): "it cannot be told from chance.",
    }
    return f"{both}: {verdict[outside]}"


def _price(first: Variant, other: Variant) -> str:
    """Say what the training took beside that of the first value."""
    work, memory = (
        [one.costs[name].mean or 0.0 for one in (first, other)] for name in ("processor_seconds", "peak_memory_mib")
    )
    more = other.parameters - first.parameters
    count = f"{abs(more):,}".replace(",", THIN_SPACE) + (" more" if more > 0 else " fewer") if more else "as many"
    grown = round(memory[1] - memory[0])
    peak = f"{abs(grown)} MiB {'more' if grown > 0 else 'less'} memory" if grown else "as much memory"
    return (
        f"A training took {work[1] / max(work[0], 1e-9):.2f} times the processor time of {first.value} and {peak} at "
        f"its peak, with {count} parameters."
    )


def _advice(comparison: Comparison, first: Variant, other: Variant) -> str:
    """Decide by mask AP, then by boundary AP; where chance decides, say what would tell."""
    mask, edge = (other.differences[name] for name in ("mask AP", "boundary AP"))
    if mask.mean is None:
        return f"Nothing can be said of {other.value}: there is no object to find."
    most = _promised(comparison, first, other)
    if _clear(mask):
        if mask.mean > 0 and most is not None and max(most) < LITTLE:
            return f"Take {other.value}; its grid cannot be the reason, another part of its head must be."
        return f"Take {other.value}." if mask.mean > 0 else f"Keep {first.value}."
    if edge.mean is not None and _clear(edge) and edge.mean > 0:
        return f"Take {other.value} where sharp outlines matter; mask AP alone does not ask for it."
    if most is not None and max(most) < LITTLE:
        if mask.mean < LITTLE:
            return f"Keep {first.value}: there was next to nothing to win, and nothing was won."
        return (
            f"Keep {first.value} for now: the grid has next to nothing to give, so {_signed(mask.mean)} comes from "
            f"elsewhere, if it is real: {_would_tell(comparison, mask)}"
        )
    return f"Keep {first.value} for now: {_would_tell(comparison, mask)}"


def _would_tell(comparison: Comparison, found: Difference) -> str:
    """Estimate what it takes to see a difference of this size, where intervals shrink with the root of the number."""
    seeds = len(comparison.variants[0].scores["mask AP"].by_seed)
    if found.over_seeds is None:
        return f"take three seeds or more, {_count(seeds, 'seed')} cannot decide."
    if not found.mean:
        return "the two score alike."
    reach = (found.over_seeds[1] - found.over_seeds[0]) / 2
    needed = math.ceil(seeds * (reach / abs(found.mean)) ** 2)
    if excludes_zero(found.over_seeds):
        return "more validation images would tell."
    if needed > _MOST_SEEDS:
        return f"a difference of {_signed(found.mean)} would take more than {_MOST_SEEDS} seeds to be seen."
    return f"about {max(needed, seeds + 1)} seeds would show whether a difference of {_signed(found.mean)} is real."


def _promised(comparison: Comparison, first: Variant, other: Variant) -> tuple[float, float] | None:
    """Give what the ceilings say can be won; None where the values are no resolutions."""
    if comparison.ceilings is None or first.resolution is None or other.resolution is None:
        return None
    sides = {one.resolution: one for one in comparison.ceilings.by_resolution}
    return gains(sides[first.resolution], sides[other.resolution])


def _clear(found: Difference) -> bool:
    return excludes_zero(found.over_seeds) and excludes_zero(found.over_images)


def _range(interval: tuple[float, float]) -> str:
    return f"{_signed(interval[0])} to {_signed(interval[1])}"


def _signed(value: float) -> str:
    text = f"{abs(value):.3f}"
    return text if not float(text) else f"{'+' if value > 0 else '−'}{text}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
