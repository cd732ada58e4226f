"""Choose thresholds on validation, score boxes and masks on the untouched test split, and explain what they score."""

from pathlib import Path

from rehead.dataset.split import load_split
from rehead.detector.checkpoint import load_detector
from rehead.evaluation.augmented import look_by
from rehead.evaluation.coco_map import HEADS, evaluate_heads
from rehead.evaluation.explanation import explain
from rehead.evaluation.gain import gain_of, seconds_of
from rehead.evaluation.plan import EvaluationPlan
from rehead.evaluation.report import evaluation_report
from rehead.evaluation.tables import TABLE_TAG, class_table, flat_metrics, headline, run_description
from rehead.evaluation.thresholds import thresholds_report
from rehead.evaluation.validation import predict_split
from rehead.files import read_json, replaced_folder, write_json
from rehead.params import load_document, read_params
from rehead.progress import progress
from rehead.reporting.analysis_figures import write_analysis_tables
from rehead.reporting.publication import publish
from rehead.stage import run, stage
from rehead.tracking.lineage import lineage_tags
from rehead.tracking.run import tracked_run
from rehead.training.plan import TrainPlan


def main(
    *,
    dataset: Path,
    detector: Path,
    reports: Path,
    misalignment: Path,
    report: Path,
    metrics: Path,
    analysis: Path,
    classes: Path,
    predictions: Path,
    figures: Path,
    tables: Path,
    page: Path,
    summary: Path,
    template: Path,
) -> None:
    """Write the scores, the predictions that they rest on, what they mean, and the pages and figures that show it."""
    earlier = {name: reports / f"{name}.json" for name in ("ingest", "roi_align", "heads", "tuning", "training")}
    history, sections = reports / "training.csv", ["data", "model", "train", "evaluate", "register.name"]
    with stage("evaluate", inputs=[dataset, detector, history, *earlier.values()], sections=sections):
        plan, facts = read_params("evaluate", EvaluationPlan), {name: read_json(file) for name, file in earlier.items()}
        train, val, test = (load_split(dataset, name) for name in ("train", "val", "test"))
        trained, look, document = load_detector(detector), look_by(plan.augment), load_document(Path("params.yaml"))
        limit, trained_by = trained.plan.max_detections, TrainPlan(**facts["training"]["plan"])

        with progress("detect", len(val) + len(test)) as bar:
            found = predict_split(trained, val, on_image=bar.advance, look=look)
            same = test.truth == val.truth  # a set too small for a test split is scored on its validation images
            results = found if same else predict_split(trained, test, on_image=bar.advance, look=look)
        evaluations = evaluate_heads(test.truth, results, max_detections=limit)
        chosen = thresholds_report(
            plan.threshold, validation=val, found=found, test=test, results=results, max_detections=limit
        )
        about = test.description | {"same_as": val.name if same else None}
        scored = evaluation_report(test.truth, evaluations, plan, max_detections=limit, dataset=about) | {
            "thresholds": chosen,
            "augment": plan.augment and plan.augment.model_dump(mode="json"),
            "detections": len(results),
            "tile": trained.tile and trained.tile.model_dump(),
            "weights_sha256": read_json(detector / "manifest.json")["weights.safetensors"],
        }
        with progress("one look", len(test)) as bar:
            gain = gain_of(trained, test, results, plan.augment, on_image=bar.advance)
        explained = {"augmentation": gain} | explain(
            trained,
            test,
            results,
            evaluations,
            scored=scored,
            trained_by=trained_by,
            trained_on=train,
            one_look=gain["plain_mask_AP"] if gain else None,
        )
        seconds = seconds_of(trained, test, plan.augment)

        write_json(predictions, results)
        write_json(report, scored)
        write_json(metrics, headline(scored))
        write_json(analysis, explained)
        write_json(classes, class_table(scored))
        with replaced_folder(tables) as folder:
            write_analysis_tables(explained, folder)
        publish(
            page,
            summary=summary,
            template=template,
            figures=figures,
            truth=test.truth,
            results=results,
            images=dataset / "images",
            evaluation=scored,
            analysis=explained,
            facts=facts,
            params={name: values for name, values in document.items() if name in sections}
            | {"register": {"name": (document.get("register") or {}).get("name", "rehead")}},
            lineage=lineage_tags(),
            history=history,
            misalignment=misalignment,
            overlays=plan.overlays,
        )
        with tracked_run("evaluate", run_id=facts["training"]["run_id"]) as log:
            log.metrics(
                flat_metrics(scored, prefix="test/") | {f"test/{name}": value for name, value in seconds.items()}
            )
            log.tags(TABLE_TAG | run_description(summary.read_text(encoding="utf-8")))
            log.dataset(test.name, test.fingerprint, source=dataset)
            for path in (report, analysis, classes, predictions):
                log.artifact(path, "evaluation")
            for path in (page, reports / "ingest.html", summary):
                log.artifact(path)
            log.artifact(figures, "figures")

    print(f"test split {test.fingerprint[:12]}, {len(test)} images{', the validation images again' if same else ''}")
    for head in HEADS:
        print(f"test {head} AP {_shown(scored[head]['AP'])}, AP50 {_shown(scored[head]['AP50'])}")
    if scored["images_above_max_detections"]:
        print(
            f"{len(scored['images_above_max_detections'])} images hold more than model.max_detections ({limit}) objects"
        )
    for name, value in seconds.items():
        print(f"{name.replace('_', ' ')} {value:.3g}")
    print(explained["bottleneck"]["sentence"])


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    run(main)
