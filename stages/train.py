"""Freeze the trunk, fine-tune the rest, keep the epoch with the best validation mask AP."""

from dataclasses import asdict
from pathlib import Path

from rehead.dataset.split import load_split
from rehead.detector.checkpoint import copy_detector, load_detector
from rehead.evaluation.epochs import follow, images_an_epoch, images_done, scored_epochs
from rehead.files import read_json, sha256_of, write_json
from rehead.params import read_params
from rehead.progress import progress
from rehead.stage import run, stage
from rehead.tracking.run import tracked_run
from rehead.training.batch_size import fit_batch
from rehead.training.code import code_hashes
from rehead.training.features import open_features
from rehead.training.joining import follows, joined
from rehead.training.learner import Learner
from rehead.training.plan import TrainPlan
from rehead.training.report import early_end, training_report
from rehead.training.resumption import resumable


def main(
    *,
    dataset: Path,
    start: Path,
    tuning: Path,
    checkpoints: Path,
    features: Path,
    out: Path,
    report: Path,
    history: Path,
) -> None:
    """Write the trained detector to `out`, and what happened to `report` and `history`."""
    inputs = [dataset, start, tuning]
    with (
        stage("train", inputs=inputs, sections=["train"], follows=follows()) as ending,
        joined(given := read_params("train", TrainPlan)) as group,
    ):
        plan = group.shared(lambda: given.tuned(read_json(tuning)["best"])).shared_by(group.size)
        fit, validate = load_split(dataset, "train"), load_split(dataset, "val")
        learner = Learner(load_detector(start), plan, images=len(fit), group=group)
        group.agree(
            {split.name: split.fingerprint for split in (fit, validate)}
            | {"start detector": sha256_of(start / "manifest.json")}
            | code_hashes()
        )
        caching = open_features(learner, fit, features)
        with resumable(learner, checkpoints, inputs=inputs, ending=ending) as training:
            fitted = fit_batch(learner, fit)
            if not group.leads:
                follow(training, fit, validate)
                return
            record, total = training.history, plan.epochs * images_an_epoch(fit, validate)
            with (
                tracked_run("train", params=learner.params, run_id=training.run_id) as log,
                progress("train (images)", total, done=images_done(training, fit, validate)) as bar,
            ):
                training.run_id = log.run_id
                for split in (fit, validate):
                    log.dataset(split.name, split.fingerprint, source=dataset)
                if group.size > 1:
                    bar.line(f"{group.size} processes train together, {learner.plan.images_a_step} images a step")
                bar.line(caching.line)
                if fitted:
                    bar.line(fitted)
                if learner.steps_done:
                    bar.line(f"going on after step {learner.steps_done}, where an earlier run was interrupted")
                for epoch in scored_epochs(training, fit, validate, bar=bar):
                    log.series(record.points(epoch))
                    bar.line(record.line())
                    if plan.thaw == epoch.number + 1:
                        bar.line(learner.thaw_line)
                    training.save()

                if early := early_end(plan, record):
                    bar.line(early)
                copy_detector(training.best, out)
                record.write_csv(history)
                log.artifact(history)
                # Before the run is called finished, and the checkpoint is removed that could still mend it.
                ending.check()
            done = training_report(learner, record, validation=validate, start=start, out=out, run_id=log.run_id)
            write_json(report, {**done, "feature_cache": asdict(caching)})


if __name__ == "__main__":
    run(main)
