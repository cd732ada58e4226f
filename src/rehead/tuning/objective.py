"""What a trial trains and scores: the training loop on the train split, mask AP on the validation split.

No other split is opened here, so tuning cannot learn from the test split.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rehead.dataset.split import load_split
from rehead.detector.checkpoint import load_detector
from rehead.evaluation.validation import score_split
from rehead.files import read_json
from rehead.params import with_values
from rehead.training.batch_size import fit_batch
from rehead.training.code import code_hashes
from rehead.training.features import open_features
from rehead.training.history import History
from rehead.training.joining import process_count
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import WITHOUT_EFFECT, TrainPlan
from rehead.tuning.plan import Scalar, TunePlan
from rehead.tuning.study_bar import StudyBar
from rehead.tuning.trial import Objective


def facts_of(dataset: Path, start: Path, plan: TrainPlan, tune: TunePlan) -> dict[str, Any]:
    """Collect what the scores of a study depend on: data, detector, fixed parameters, space, seed and code."""
    splits = read_json(dataset / "manifest.json")["splits"]
    own = _as_trained(plan).model_dump(mode="json", exclude=WITHOUT_EFFECT)
    fixed = with_values(own, {name.removeprefix("train."): None for name in tune.space})
    return {
        "splits": {name: splits[name]["fingerprint"] for name in ("train", "val")},
        "detector": read_json(start / "manifest.json"),
        "fixed": fixed,
        "space": tune.identity(),
        "code": code_hashes(),
    }


def training_objective(
    dataset: Path, start: Path, plan: TrainPlan, *, features: Path, trials: int, bar: StudyBar
) -> Objective:
    """Return the objective that trains the detector saved in `start` by `plan` with a trial's values in it.

    What stays frozen in all of `trials` trials is computed once, and kept below `features`. `bar` shows each trial.
    """
    fit, validate = load_split(dataset, "train"), load_split(dataset, "val")

    def mask_ap_by_epoch(params: dict[str, Scalar]) -> Iterator[float]:
        learner = Learner(load_detector(start), _as_trained(plan.tuned(params)), images=len(fit))
        bar.begin(learner.plan.epochs, images=len(fit) + len(validate))
        fit_batch(learner, fit)
        open_features(learner, fit, features, trainings=trials)
        record = History()
        for epoch in train(learner, fit, on_step=bar.step, until=lambda: record.has_settled(learner.plan.patience)):
            scores = score_split(learner.detector, validate, on_image=bar.image)
            record.add(epoch, box_ap=scores.box["AP"], mask_ap=scores.mask["AP"])
            # Undefined where validation holds no object; it then counts as zero, as in the train stage.
            yield scores.mask["AP"] or 0.0

    return mask_ap_by_epoch


def _as_trained(plan: TrainPlan) -> TrainPlan:
    """Give the plan of the steps that the train stage takes, whose processes a trial does without."""
    return plan.shared_by(process_count(plan.processes))
