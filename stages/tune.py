"""Search the declared space for the parameters that train best on validation; pass through when there are no trials."""

from dataclasses import replace
from pathlib import Path

from rehead.files import replaced_folder, write_json
from rehead.params import read_params
from rehead.progress import progress
from rehead.stage import run, stage
from rehead.tuning.plan import TunePlan
from rehead.tuning.result import StudyResult


def main(*, dataset: Path, start: Path, features: Path, report: Path, figures: Path) -> None:
    """Write what the study came to to `report` and `figures`; the train stage takes the best values from there."""
    plan = read_params("tune", TunePlan)
    read = [dataset / name for name in ("images", "train.json", "val.json")]
    inputs = [*read, start] if plan.trials else []
    with stage("tune", inputs=inputs, sections=["tune", "train"]):
        if plan.trials == 0:
            with replaced_folder(figures):
                write_json(report, StudyResult().as_dict())
            return

        # torch takes 7 to 14 s to import and Optuna 1 s: a pipeline that does not tune would wait for them each time.
        from rehead.dataset.split import load_split
        from rehead.training.plan import TrainPlan
        from rehead.tuning.figures import draw_study
        from rehead.tuning.objective import facts_of, training_objective
        from rehead.tuning.space import axes_of, starting_point
        from rehead.tuning.storage import open_study, storage_url, study_name
        from rehead.tuning.study import run_study
        from rehead.tuning.study_bar import StudyBar

        training = read_params("train", TrainPlan)
        axes = axes_of(plan.space, TrainPlan, given=training)
        study = open_study(storage_url(plan), study_name(facts_of(dataset, start, training, plan)))
        with progress("tune (images)", 0) as bar:
            shown = StudyBar(bar, study, trials=plan.trials, epochs=training.epochs)
            objective = training_objective(dataset, start, training, features=features, trials=plan.trials, bar=shown)
            result = run_study(study, plan, axes, objective, first=starting_point(axes, training), tell=bar.line)
        with replaced_folder(figures) as folder:
            draw_study(study, result, folder)
        write_json(report, replace(result, dataset=load_split(dataset, "val").description).as_dict())


if __name__ == "__main__":
    run(main)
