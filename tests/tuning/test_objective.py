"""What a trial trains: the steps that the train stage would take, as long as it would."""

from pathlib import Path
from typing import Any

import optuna
import pytest
import torch

from rehead.dataset.split import load_split
from rehead.detector.build import build_detector
from rehead.detector.checkpoint import save_detector
from rehead.detector.plan import ModelPlan
from rehead.progress import progress
from rehead.training.plan import TrainPlan
from rehead.training.step import DivergedError
from rehead.tuning.objective import facts_of, training_objective
from rehead.tuning.plan import TunePlan
from rehead.tuning.storage import study_name
from rehead.tuning.study_bar import StudyBar
from tests.tuning.toy import Opening

MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
PLAN: dict[str, Any] = {"batch_size": 2, "rois": 8, "anchors": 16, "proposals": 32, "optimizer": "sgd", "lr": 1e-6}


@pytest.fixture(scope="module")
def start(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector that finds nothing."""
    folder = tmp_path_factory.mktemp("start") / "initial"
    torch.manual_seed(0)
    save_detector(build_detector(MODEL, load_split(dataset, "train").classes), folder)
    return folder


def facts(dataset: Path, start: Path, **changes: Any) -> dict[str, Any]:
    return facts_of(dataset, start, TrainPlan(**PLAN | changes), TunePlan())


def trial(dataset: Path, start: Path, plan: TrainPlan, study: optuna.Study) -> list[float]:
    """Train once and give the score of each epoch."""
    with progress("tune", 0) as bar:
        shown = StudyBar(bar, study, trials=1, epochs=plan.epochs)
        objective = training_objective(dataset, start, plan, features=Path("nowhere"), trials=1, bar=shown)
        return list(objective({}))


def test_what_changes_no_score_is_no_other_study(dataset: Path, start: Path) -> None:
    name = study_name(facts(dataset, start))
    assert study_name(facts(dataset, start, workers=2, save_minutes=1.0, feature_cache_gb=1.0)) == name
    assert study_name(facts(dataset, start, rois=16)) != name


def test_a_batch_for_each_process_is_that_of_all_of_them(dataset: Path, start: Path) -> None:
    together = facts(dataset, start, processes=2, batch_per="process")
    assert together == facts(dataset, start, accumulate=2, lr=2e-6)


def test_a_trial_takes_the_images_of_all_processes_in_a_step(dataset: Path, tmp_path: Path, opening: Opening) -> None:
    broken = build_detector(MODEL, load_split(dataset, "train").classes)
    with torch.no_grad():
        broken.model.roi_heads.mask_predictor.mask_fcn_logits.bias.fill_(float("nan"))
    save_detector(broken, tmp_path / "broken")
    plan = TrainPlan(**PLAN, processes=2, batch_per="process", feature_cache="off")
    with pytest.raises(DivergedError) as diverged:
        trial(dataset, tmp_path / "broken", plan, opening())
    assert str(diverged.value).count(".png") == 4


def test_a_trial_is_as_patient_as_the_training(dataset: Path, start: Path, opening: Opening) -> None:
    plan = TrainPlan(**PLAN, epochs=9, patience=1, feature_cache="off")
    assert trial(dataset, start, plan, opening()) == [0.0, 0.0]
