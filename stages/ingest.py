"""Read the source strictly, split it without leakage and write the canonical dataset; report every fault."""

import argparse
from pathlib import Path

from rehead.coco.ingestion import RejectedError, ingest
from rehead.coco.plan import DataPlan
from rehead.coco.rendering import print_faults
from rehead.files import write_json
from rehead.params import read_params
from rehead.stage import stage


def main(*, dataset: Path, report: Path) -> None:
    """Write `dataset` and `report`; a rejected source ends the stage with its faults shown and reported."""
    try:
        plan = read_params("data", DataPlan)
        sources = [] if plan.source == "shapes" else [Path(plan.source)]
        with stage("ingest", inputs=sources, sections=["data"]):
            ingested = ingest(plan, dataset)
            write_json(report, ingested.report)
    except RejectedError as error:
        write_json(report, error.report.as_dict())
        print_faults(error.report)
        raise SystemExit(1) from None
    except ValueError as error:
        raise SystemExit(f"ingest: {error}") from None
    print_faults(ingested.found)
    for name, split in ingested.report["splits"].items():
        print(f"{name}: {split['images']} images, {split['annotations']} annotations, {split['how']}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="folder to write the canonical dataset into")
    parser.add_argument("--report", type=Path, required=True, help="JSON to write counts and faults into")
    main(**vars(parser.parse_args()))
