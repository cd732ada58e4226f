"""Advice on splits: the shares cut out for splits that the source does not give, and groups that stay together."""

from rehead.cli.advice import Advice, Survey
from rehead.cli.grouping import propose_grouping
from rehead.cli.plans import Plans

_FEW, _SOME, _MANY = 50, 200, 10_000
"""Images below which none is spared for a test split, below which a fifth is cut, and from which a twentieth is."""


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
    return Advice("data", "test", share, f"{_count(survey, share)}, which nothing is chosen by, to score at the end")


def advise_group(survey: Survey, plans: Plans) -> Advice:
    """Keep images together whose names clearly say that they belong together; a pattern of the user's stays."""
    found, own = propose_grouping(survey.measured.file_names), plans.data.group
    if own is not None and (found is None or own != found.pattern):
        return Advice("data", "group", own, "as it was: images whose first capture agrees stay in one split")
    if {"val", "test"} <= survey.given.keys():
        return Advice("data", "group", None, "nothing is cut: the source gives all splits")
    if found is None:
        return Advice("data", "group", None, "file names show no groups; images whose capture agrees stay in one split")
    because = f"file names show {found.groups} groups, such as {found.largest} images of {found.example!a}"
    return Advice("data", "group", found.pattern, because)


def training_images(survey: Survey, plans: Plans) -> float:
    """Count the images that are left to train on once the missing splits are cut."""
    shares = {"val": plans.data.val, "test": plans.data.test}
    cut = sum(float(share) for name, share in shares.items() if name not in survey.given and share != "val")
    return survey.given["train"] * (1 - cut)


def _share(survey: Survey) -> float:
    number = survey.given["train"]
    return 0.2 if number < _SOME else 0.15 if number < _MANY else 0.05


def _given(name: str, survey: Survey, plans: Plans) -> Advice:
    because = f"not used: the source gives {survey.given[name]} images of its own"
    return Advice("data", name, plans.value("data", name), because)


def _count(survey: Survey, share: float) -> str:
    return f"about {survey.given['train'] * share:.0f} of {survey.given['train']} images"
