"""Registration: one version for one package, `challenger` on it, `champion` if it wins; all under one lock.

The same model packaged with other settings or source is another version, which takes over what the old one was,
unless register.promote is `never`.

MLflow moves an alias without looking where it pointed, so of two promotions at once the later would win unseen.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from rehead.registry.packaging import Package
from rehead.registry.plan import RegisterPlan
from rehead.registry.promotion import Contender, judge
from rehead.registry.versions import CHALLENGER, CHAMPION, Version, Versions
from rehead.tracking.store import waiting_lock

_log = logging.getLogger(__name__)
_SCORE_TAGS = ("mask_AP", "box_AP", "dataset_fingerprint")

Rescore = Callable[[str], float | None]
"""Scores a registered model, given its models:/ URI, on the current test split; returns its mask AP."""


@dataclass(frozen=True)
class Registration:
    """What became of a package: its version, the alias it holds now, and why."""

    name: str
    version: int
    alias: str
    promoted: bool
    because: str
    created: bool
    """False where the registry had this package already."""


def register(
    package: Package,
    new: Contender,
    rule: RegisterPlan,
    *,
    versions: Versions,
    rescore: Rescore,
    tags: Mapping[str, str],
    run_id: str | None = None,
) -> Registration:
    """Register a package once, point `challenger` at it, and `champion` too if the rule says so.

    Raises RuntimeError if somebody outside the lock moved `champion` meanwhile.
    """
    with waiting_lock(versions.lock):
        known = versions.find(package.package_sha256)
        version = known or versions.add(package, tags, run_id=run_id)
        versions.mark(version, {key: tags[key] for key in _SCORE_TAGS if key in tags})
        versions.point(CHALLENGER, version)
        champion = _succession(versions, version, new, rule)
        rival = None if champion is None else _on_same_split(champion, new, versions.name, rescore)
        verdict = judge(new, rival, rule)
        if verdict.promoted:
            _promote(versions, version, champion)
    holds = verdict.promoted or (champion is not None and champion.number == version.number)
    alias = CHAMPION if holds else CHALLENGER
    return Registration(
        versions.name, int(version.number), alias, verdict.promoted, verdict.because, created=known is None
    )


def _succession(versions: Versions, version: Version, new: Contender, rule: RegisterPlan) -> Version | None:
    """Return the champion; if it is this very model in another package, the version takes its place where it may."""
    champion = versions.holder(CHAMPION)
    same_model = champion is not None and champion.as_contender().model_sha256 == new.model_sha256
    if champion is None or not same_model or champion.number == version.number or rule.promote == "never":
        return champion
    versions.point(CHAMPION, version)
    return versions.holder(CHAMPION)


def _on_same_split(champion: Version, new: Contender, name: str, rescore: Rescore) -> Contender:
    """Score the champion on the new model's test split, if its score is from another one."""
    contender = champion.as_contender()
    same = contender.dataset_fingerprint == new.dataset_fingerprint
    if same or contender.classes != new.classes or contender.model_sha256 == new.model_sha256:
        return contender
    try:
        score = rescore(f"models:/{name}/{champion.number}")
    except Exception:
        _log.warning("the champion, version %s, could not be scored on this test split", champion.number, exc_info=True)
        return contender
    return replace(contender, mask_AP=score, dataset_fingerprint=new.dataset_fingerprint)


def _promote(versions: Versions, version: Version, compared: Version | None) -> None:
    """Move `champion`, unless it is no longer where the comparison found it."""
    current = versions.holder(CHAMPION)
    if (current and current.number) != (compared and compared.number):
        raise RuntimeError(
            f"{versions.name}@{CHAMPION} moved while version {version.number} was compared with it: "
            "run `dvc repro -f -s register`"
        )
    versions.point(CHAMPION, version)
