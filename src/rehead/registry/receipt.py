"""What is written down about a registration: the tags on its version, and the receipt in reports/."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rehead.evaluation.agreement import evaluators
from rehead.registry.packaging import Package
from rehead.registry.promotion import Contender
from rehead.registry.registration import Registration


def version_tags(
    package: Package, new: Contender, *, box_ap: float | None, lineage: Mapping[str, str]
) -> dict[str, str]:
    """Describe a version by its content, its scores, its classes and its lineage; what is unknown is left out."""
    scores = {"mask_AP": new.mask_AP, "box_AP": box_ap}
    return {
        **lineage,
        **{name: repr(value) for name, value in scores.items() if value is not None},
        "model_sha256": package.model_sha256,
        "package_sha256": package.package_sha256,
        "manifest_sha256": package.manifest_sha256,
        "dataset_fingerprint": new.dataset_fingerprint,
        "classes": json.dumps(new.classes),
    }


def receipt_of(
    done: Registration,
    new: Contender,
    *,
    box_ap: float | None,
    lineage: Mapping[str, str],
    refused: Sequence[str] = (),
    serving: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Give reports/registration.json: no times, so that the same registration writes the same receipt.

    `refused` names test images that count in the score and are too large for the served model; `serving` holds its
    settings, thresholds among them.
    """
    return {
        "name": done.name,
        "version": done.version,
        "alias": done.alias,
        "promoted": done.promoted,
        "because": done.because,
        "mask_AP": new.mask_AP,
        "box_AP": box_ap,
        "evaluators": evaluators(),
        "refused_test_images": list(refused),
        "classes": list(new.classes),
        "serving": dict(serving or {}),
        "model_sha256": new.model_sha256,
        "dataset_fingerprint": new.dataset_fingerprint,
        "git_commit": lineage.get("git.commit"),
        "dvc_lock_sha256": lineage.get("dvc.lock.sha256"),
    }
