"""Freeze the trunk, fine-tune the rest, keep the epoch with the best validation mask AP."""

from pathlib import Path

from rehead.dataset.split import load_split
from rehead.detector.checkpoint import copy_detector, load_detector, save_detector
from rehead.evaluation.validation import score_split
from rehead.files import read_json, write_json
from rehead.params import read_params
from rehead.progress import progress
from rehead.stage import run, stage
from rehead.tracking.run import tracked_run
from rehead.training.checkpoint import Checkpoint
from rehead.training.history import History
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan
from rehead.training.report import training_report


def main(
    *, dataset: Path, start: Path, tuning: Path, checkpoints: Path, out: Path, report: Path, history: Path
) -> None:
    """Write the trained detector to `out`, and what happened to `report` and `history`."""
    inputs = [dataset, start, tuning]
    with stage("train", inputs=inputs, sections=["train"]):
        plan = read_params("train", TrainPlan).tuned(read_json(tuning)["best"])
        fit, validate = load_split(dataset, "train"), load_split(dataset, "val")
        learner, record = Learner(load_detector(start), plan, images=len(fit)), History()

        checkpoint = Checkpoint.of_inputs(checkpoints, inputs=inputs, plan=plan.model_dump(mode="json"))
        saved = checkpoint.load() or {"run_id": None}
        if "learner" in saved:
            learner.restore(saved["learner"])
            record = History(saved["rows"])

        with (
            tracked_run("train", params=learner.params, run_id=saved["run_id"]) as log,
            progress("train", plan.epochs * learner.steps_an_epoch, done=learner.steps_done) as bar,
        ):
            for split in (fit, validate):
                log.dataset(split.name, split.fingerprint, source=dataset)
            if learner.epochs_done:
                bar.line(f"going on after epoch {learner.epochs_done}, where an earlier run was interrupted")
            for epoch in train(learner, fit, on_step=lambda step: bar.advance(f"loss {step.losses['loss']:.3f}")):
                scores = score_split(learner.detector, validate)
                if record.add(epoch, box_ap=scores.box["AP"], mask_ap=scores.mask["AP"]):
                    save_detector(learner.detector, checkpoint.best)
                log.series(record.points(epoch))
                bar.line(record.line())
                if plan.thaw == epoch.number + 1:
                    more = learner.thawed.learning - learner.frozen.learning
                    bar.line(
                        f"epoch {plan.thaw} thaws from {plan.freeze} to {plan.thaw_to}: {more:,} more parameters learn"
                    )
                checkpoint.save({"learner": learner.state(), "rows": record.rows, "run_id": log.run_id})

            copy_detector(checkpoint.best, out)
            record.write_csv(history)
            log.artifact(history)
        done = training_report(learner, record, validation=validate, start=start, out=out, run_id=log.run_id)
        write_json(report, done)
    checkpoint.remove()


if __name__ == "__main__":
    run(main)
