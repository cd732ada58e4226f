"""Score boxes and masks on the untouched test split, and write the report."""

from pathlib import Path

from rehead.dataset.split import load_split
from rehead.detector.checkpoint import load_detector
from rehead.evaluation.coco_map import evaluate_heads
from rehead.evaluation.plan import EvaluationPlan
from rehead.evaluation.report import evaluation_report
from rehead.evaluation.validation import predict_split
from rehead.files import read_json, replaced_folder, write_json
from rehead.params import load_document, read_params
from rehead.progress import progress
from rehead.reporting.figures import draw_training_curves, plot_class_precision, write_figure
from rehead.reporting.gallery import write_overlays
from rehead.reporting.report import write_report
from rehead.stage import run, stage
from rehead.tracking.lineage import lineage_tags
from rehead.tracking.run import tracked_run


def main(
    *,
    dataset: Path,
    detector: Path,
    reports: Path,
    misalignment: Path,
    report: Path,
    predictions: Path,
    page: Path,
    figures: Path,
) -> None:
    """Write the scores, the predictions that they rest on, pictures of both, and the page that shows it all."""
    earlier = {name: reports / f"{name}.json" for name in ("ingest", "roi_align", "heads", "tuning", "training")}
    history, sections = reports / "training.csv", ["data", "model", "train", "evaluate", "register"]
    with stage("evaluate", inputs=[dataset, detector, history, *earlier.values()], sections=sections):
        plan = read_params("evaluate", EvaluationPlan)
        test, trained = load_split(dataset, "test"), load_detector(detector)

        with progress("evaluate", len(test)) as bar:
            results = predict_split(trained, test, on_image=bar.advance)
        weights = read_json(detector / "manifest.json")["weights.safetensors"]
        limit = trained.plan.max_detections
        evaluations = evaluate_heads(test.truth, results, max_detections=limit)
        scored = evaluation_report(test.truth, evaluations, plan, max_detections=limit, dataset=test.description) | {
            "detections": len(results),
            "weights_sha256": weights,
            "tile": trained.tile and trained.tile.model_dump(),
        }
        write_json(predictions, results)
        write_json(report, scored)

        with replaced_folder(figures) as folder:
            overlays = write_overlays(
                folder,
                test.truth,
                results,
                dataset / "images",
                worst=plan.overlays,
                score_threshold=plan.overlay_threshold,
            )
            draw_training_curves(history, folder)
            write_figure(folder / "classes.png", plot_class_precision(scored["per_class"]))
        facts = {name: read_json(path) for name, path in earlier.items()}
        write_report(
            page,
            evaluation=scored,
            **facts,
            params={name: values for name, values in load_document(Path("params.yaml")).items() if name in sections},
            lineage=lineage_tags(),
            overlays=overlays,
            history=history,
            figures={"roi_align": misalignment},
        )

        with tracked_run("evaluate", run_id=facts["training"]["run_id"]) as log:
            log.metrics(
                {
                    f"test/{head}_{name}": v
                    for head in ("box", "mask")
                    for name, v in scored[head].items()
                    if v is not None
                }
            )
            log.dataset(test.name, test.fingerprint, source=dataset)
            log.artifact(page)
            log.artifact(reports / "ingest.html")
            log.artifact(figures, "figures")

    print(f"test split {test.fingerprint[:12]}, {len(test)} images")
    for head in ("box", "mask"):
        print(f"test {head} AP {_shown(scored[head]['AP'])}, AP50 {_shown(scored[head]['AP50'])}")


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    run(main)
