"""Read the source strictly, split it without leakage and write the canonical dataset; report every fault."""

import sys
from pathlib import Path

from rehead.coco.ingestion import RejectedError, ingest
from rehead.coco.plan import DataPlan
from rehead.coco.rendering import print_faults
from rehead.files import replaced_folder, write_json
from rehead.params import load_document, read_params
from rehead.reporting.ingest_page import draw_pictures, write_ingest_page
from rehead.stage import run, stage


def main(*, dataset: Path, report: Path, page: Path, figures: Path) -> None:
    """Write `dataset`, `report`, `page` and `figures`; a rejected source ends the stage with its faults on the page."""
    try:
        plan = read_params("data", DataPlan)
        sources = [] if plan.source == "shapes" else [Path(plan.source)]
        if sources and not _is_watched(plan.source, Path("dvc.yaml")):
            hint = f"`rehead init {plan.source}` adds it to dvc.yaml"
            print(f"ingest: DVC does not look at {plan.source}, so changes go unnoticed; {hint}", file=sys.stderr)
        with stage("ingest", inputs=sources, sections=["data"]):
            ingested = ingest(plan, dataset)
            write_json(report, ingested.report)
            with replaced_folder(figures) as folder:
                tiles = draw_pictures(folder, ingested.report, splits=ingested.splits, written=ingested.written)
            write_ingest_page(page, ingested.report, splits=ingested.splits, tiles=tiles)
    except RejectedError as error:
        found = error.report.described()
        write_json(report, found)
        write_ingest_page(page, found, splits=error.report.datasets)
        print_faults(error.report)
        print(f"ingest: {page} shows where they are and how to mend them")
        raise SystemExit(1) from None
    except ValueError as error:
        raise SystemExit(f"ingest: {error}") from None
    print_faults(ingested.found)
    for name, split in ingested.report["splits"].items():
        print(f"{name}: {split['images']} images, {split['annotations']} annotations, {split['how']}")
    print(f"ingest: {page} shows what the data is like")


def _is_watched(source: str, pipeline: Path) -> bool:
    """Tell whether the stage depends on its source, or on a folder around it; without a pipeline nobody asks."""
    if not pipeline.is_file():
        return True
    deps = ((load_document(pipeline).get("stages") or {}).get("ingest") or {}).get("deps") or []
    return "${data.source}" in deps or any(str(path) in deps for path in (Path(source), *Path(source).parents))


if __name__ == "__main__":
    run(main)
