"""The two sides of `rehead compare`: what each model found in a test split, wherever that is kept."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehead.cli.scoring import truth_document
from rehead.cli.truth import described
from rehead.coco.results import read_results
from rehead.evaluation.coco_map import HEADS
from rehead.evaluation.comparison import Comparison, Difference, compare, refuse_other_data
from rehead.evaluation.uncertainty import least_images
from rehead.files import read_json

_EVALUATION, _PREDICTIONS = "evaluation.json", "predictions.json"


@dataclass(frozen=True)
class Side:
    """A model's results, with what its evaluation says of the data and the limit of detections; {} without one."""

    name: str
    results: Any
    evaluation: dict[str, Any]


def compare_sides(
    first: str, second: str, truth: Path, *, resamples: int, confidence: float, reports: Path = Path("reports")
) -> dict[str, Any]:
    """Compare two models by name; returns the comparison as JSON with the names and the data.

    Raises ValueError if one is not found, its results are unsound, or the two were not scored on this truth.
    """
    document, lost = truth_document(truth)
    sides = [open_side(name, reports) for name in (first, second)]
    datasets = {side.name: side.evaluation.get("dataset", {}) for side in sides}
    data = described(truth, document)
    refuse_other_data(datasets | {str(truth): data})
    if data["fingerprint"] is None and any(one.get("fingerprint") for one in datasets.values()):
        raise ValueError(
            f"{truth} is no split that ingest wrote, or was changed since, so it cannot be told whether the "
            "models were scored on it: name the dataset's own file by --truth"
        )
    limit = max(side.evaluation.get("max_detections", 100) for side in sides)
    results = [read_results(side.results, document, max_detections=limit) for side in sides]
    told = compare(document, results[0], results[1], max_detections=limit, resamples=resamples, confidence=confidence)
    return (
        {"first": first, "second": second, "dataset": data, "max_detections": limit}
        | told.as_dict()
        | {"sentence": sentence_of(told, first=first, second=second), "remarks": [*lost, *_remarks(told)]}
    )


def open_side(name: str, reports: Path) -> Side:
    """Find a model's results: a folder of reports, a results file, an MLflow address, or a revision of the project."""
    if re.match(r"(models|runs):/", name):
        from rehead.tracking.models import downloaded_evaluation  # MLflow: 4 to 6 s

        return _of_folder(name, downloaded_evaluation(name))
    path = Path(name)
    if path.is_dir():
        return _of_folder(name, path)
    if path.is_file():
        beside = path.with_name(_EVALUATION) if path.name == _PREDICTIONS else None
        return Side(name, path, read_json(beside) if beside is not None and beside.is_file() else {})
    return _of_revision(name, reports)


def _of_folder(name: str, folder: Path) -> Side:
    missing = [file for file in (_EVALUATION, _PREDICTIONS) if not (folder / file).is_file()]
    if missing:
        raise ValueError(f"{name} has no {' and no '.join(missing)}: name a folder that `dvc repro evaluate` wrote")
    return Side(name, folder / _PREDICTIONS, read_json(folder / _EVALUATION))


def _of_revision(name: str, reports: Path) -> Side:
    """Read the reports of a commit, branch or tag out of Git and DVC's cache."""
    import dvc.api  # 1 to 2 s
    from dvc.exceptions import DvcException
    from dvc.scm import RevError

    try:
        files = [json.loads(dvc.api.read(str(reports / file), rev=name)) for file in (_PREDICTIONS, _EVALUATION)]
    except (DvcException, RevError, OSError) as error:
        if _lacks_lock(name):
            raise ValueError(
                f"{name} holds no dvc.lock: commit dvc.lock and reports first "
                "(`git add dvc.lock reports && git commit`), then name that commit"
            ) from None
        raise ValueError(
            f"{name} is no folder, no file, no models:/ or runs:/ address, and as a revision it holds no reports "
            f"({str(error).splitlines()[0]}); a revision's predictions are fetched by `dvc pull`"
        ) from None
    return Side(name, files[0], files[1])


def _lacks_lock(revision: str) -> bool:
    """Say whether a name is a revision for which DVC recorded no output; False where it is no revision at all."""
    command = ["git", "ls-tree", "--name-only", "--end-of-options", revision, "dvc.lock"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True)
    except (subprocess.CalledProcessError, OSError):
        return False
    return not listed.stdout.strip()


def sentence_of(told: Comparison, *, first: str, second: str) -> str:
    """Say in words what the AP of the judged head says of the second model."""
    one, head = told.heads[told.judged]["AP"], told.judged
    if one.first is None or one.second is None:
        return f"{head.capitalize()} AP is undefined, for want of objects, so the two cannot be compared."
    lead, needed = f"{one.second - one.first:+.3f} {head} AP", one.images_needed
    if one.low is None or one.high is None:
        fewest = f"a verdict takes objects in {least_images(told.confidence)} images, about {needed} such test images"
        return f"Not enough data to say which is better: {lead}; {fewest}."
    share = f"{100 * told.confidence:g} %"
    bounds = f"{lead}, {share} between {one.low:+.3f} and {one.high:+.3f} on {told.images} images"
    if told.verdict == "equal":
        return f"{second} and {first} score the same in every resample."
    if told.verdict != "not enough data":
        return f"{second} is {told.verdict} than {first}: {bounds}."
    tell = f" About {needed} such test images would tell such a lead four times in five." if needed else ""
    return f"Not enough data to say which is better: {bounds}.{tell}"


def _remarks(told: Comparison) -> list[str]:
    """Say what a reader of many verdicts has to know."""
    if len(told.per_class) < 2:
        return []
    by_chance = round(1.0 / (1.0 - told.confidence))
    return [f"Where nothing differs, about 1 class in {by_chance} is found better or worse by chance."]


def lines_of(comparison: dict[str, Any]) -> list[str]:
    """Lay a comparison out for a terminal."""
    heads, judged = comparison["heads"], comparison["judged"]
    rows = [(f"{head} {metric}", one) for head in HEADS for metric, one in heads[head].items()]
    rows += [(f"{name}, {judged} AP", one) for name, one in comparison["per_class"].items()]
    wide = max(len(name) for name, _ in rows)
    share = f"{100 * comparison['confidence']:g} % of it"
    lines = [f"{'':{wide}}  {'A':>6}  {'B':>6}  {'B - A':>7}  {share:>16}  {'verdict on B':15}  images needed"]
    lines += [_line(name.ljust(wide), Difference(**one)) for name, one in rows]
    return [*lines, "", comparison["sentence"], *comparison["remarks"]]


def _line(name: str, one: Difference) -> str:
    if one.first is None or one.second is None:
        return f"{name}  {'-':>6}  {'-':>6}  {'-':>7}  {'':16}  undefined: no object of it here, or results lack it"
    bounds = "-" if one.low is None or one.high is None else f"{one.low:+.3f} to {one.high:+.3f}"
    scores = f"{one.first:6.3f}  {one.second:6.3f}  {one.second - one.first:+7.3f}"
    needed = "" if one.images_needed is None else str(one.images_needed)
    return f"{name}  {scores}  {bounds:>16}  {one.verdict:15}  {needed:>13}".rstrip()
