"""What a finer mask can be worth at most, in plain words and in numbers, from the ceilings alone."""

from rehead.evaluation.advice import LITTLE
from rehead.evaluation.ceiling import Ceiling, Ceilings


def promise(found: Ceilings, *, coarse: int = 28, fine: int = 56) -> str:
    """Say in one sentence what going from a coarser to a finer mask can pay at most.

    From 28 to 56 where both were computed, else from the first resolution to the last.
    """
    if not found.objects:
        return "There is no object here, so no resolution can win anything."
    by_side = {one.resolution: one for one in found.by_resolution}
    if not {coarse, fine} <= by_side.keys():
        coarse, fine = found.by_resolution[0].resolution, found.by_resolution[-1].resolution
    if coarse == fine:
        only = by_side[coarse]
        return (
            f"No head of {coarse} x {coarse} can score above mask AP {ap_of(only)} on this data; name two to compare."
        )
    mask, edge = gains(by_side[coarse], by_side[fine])
    going = f"Going from {coarse} to {fine}"
    if max(mask, edge) <= 0.0:
        fall = f"falls by {three(-mask)} mask AP" if mask < 0 else "stays"
        return (
            f"{going} wins nothing on this data, the ceiling {fall}: {coarse} numbers a side hold what these objects "
            f"have pixels for; keep {coarse}."
        )
    most = f"{going} can pay at most {three(max(mask, 0.0))} mask AP and {three(max(edge, 0.0))} boundary AP"
    if mask >= LITTLE:
        return f"{most} on this data: worth a try, `rehead ablate mask-resolution` tells how much of it is realised."
    if edge >= LITTLE:
        return f"{most} on this data: not worth it unless sharp outlines are what you need."
    return f"{most} on this data: not worth it, runs that differ in their seed alone usually differ by more."


def gains(coarse: Ceiling, fine: Ceiling) -> tuple[float, float]:
    """Give what the finer mask can win, in mask AP and in boundary AP."""
    mask, edge = (
        (after["AP"] or 0.0) - (before["AP"] or 0.0)
        for before, after in ((coarse.mask, fine.mask), (coarse.boundary, fine.boundary))
    )
    return mask, edge


def ap_of(one: Ceiling) -> str:
    """Write the mask AP of a ceiling."""
    return "undefined" if one.mask["AP"] is None else three(one.mask["AP"])


def three(value: float) -> str:
    """Write a score."""
    return f"{value:.3f}"
