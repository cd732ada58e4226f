"""Advice on splits: the shares cut out for splits that the source does not give, and groups that stay together."""

from collections.abc import Callable

from rehead.cli.advice import Advice, Survey
from rehead.cli.grouping import propose_grouping
from rehead.cli.plans import Plans
from rehead.coco.plan import DataPlan

_FEW, _SOME, _MANY = 50, 200, 10_000
"""Images below which none is spared for a test split, below which a fifth is cut, and from which a twentieth is."""

_MOST_PIXELS = 1e9
"""Pixels of all images that are decoded for a better seed, in some ten seconds a core."""
Balance = Callable[[DataPlan], int | None]
"""Finds the seed under which a plan's splits are most even; None if it cannot."""


def advise_val(survey: Survey, plans: Plans) -> Advice:
    """Cut enough images to choose the best epoch by."""
    if "val" in survey.given:
        return _given("val", survey, plans)
    share = 0.3 if survey.given["train"] < _FEW else _share(survey)
    return Advice("data", "val", share, f"{_count(survey, share)}, to choose the best epoch by")


def advise_test(survey: Survey, plans: Plans) -> Advice:
    """Cut enough images to trust the scores, or none from a set that cannot spare them."""
    if "test" in survey.given:
        return _given("test", survey, plans)
    if survey.given["train"] < _FEW:
        because = f"{survey.given['train']} images are too few to spare any: the validation images are scored"
        return Advice("data", "test", "val", because)
    share = _share(survey)
    return Advice("data", "test", share, f"{_count(survey, share)}, for scores that nothing was chosen by")


def advise_group(survey: Survey, plans: Plans) -> Advice:
    """Keep images together whose names clearly say that they belong together; a pattern of the user's stays."""
    found, own = propose_grouping(survey.names["train"]), plans.value("data", "group")
    if own is not None and (found is None or own != found.pattern):
        return Advice("data", "group", own, "as it was: images of one group stay in one split")
    if {"val", "test"} <= survey.given.keys():
        return Advice("data", "group", None, "nothing is cut: the source gives all splits")
    if found is None:
        return Advice("data", "group", None, "file names show no groups; images whose capture agrees stay in one split")
    parted = found.parted(survey.names.values())
    if parted is not None:
        because = f"file names show {found.groups} groups, but the source's own splits part some, such as {parted!a}"
        return Advice("data", "group", None, because)
    because = f"file names show {found.groups} groups, such as {found.largest} images of {found.example!a}"
    return Advice("data", "group", found.pattern, because)


def advise_seed(survey: Survey, plans: Plans, *, balance: Balance) -> Advice:
    """Let `balance` find the seed whose splits share the classes evenly, unless that takes too long."""
    own = plans.data.seed
    if not _cut(survey, plans):
        return Advice("data", "seed", own, "nothing is cut by it")
    if plans.data.group is None and survey.measured.sizes_n2.prod(axis=1).sum() > _MOST_PIXELS:
        because = "as it was: decoding all images for a better one would take long; ingest tells if classes are uneven"
        return Advice("data", "seed", own, because)
    seed = balance(plans.data)
    if seed is None:
        return Advice("data", "seed", own, "as it was: the images cannot all be read, see `rehead check`")
    return Advice("data", "seed", seed, "shares the classes evenly between the splits; another would move images")


def training_images(survey: Survey, plans: Plans) -> float:
    """Count the images that are left to train on once the missing splits are cut."""
    return survey.given["train"] * (1 - sum(_cut(survey, plans).values()))


def _cut(survey: Survey, plans: Plans) -> dict[str, float]:
    """Give the shares of the splits that are cut out of the training images."""
    shares = {"val": plans.data.val, "test": plans.data.test}
    return {name: float(s) for name, s in shares.items() if name not in survey.given and s != "val"}


def _share(survey: Survey) -> float:
    number = survey.given["train"]
    return 0.2 if number < _SOME else 0.15 if number < _MANY else 0.05


def _given(name: str, survey: Survey, plans: Plans) -> Advice:
    because = f"not used: the source gives {survey.given[name]} images of its own"
    return Advice("data", name, plans.value("data", name), because)


def _count(survey: Survey, share: float) -> str:
    return f"about {survey.given['train'] * share:.0f} of {survey.given['train']} images"
