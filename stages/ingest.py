"""Read the source strictly, split it without leakage and write the canonical dataset; report every fault."""

import argparse
import sys
from pathlib import Path

from rehead.coco.ingestion import RejectedError, ingest
from rehead.coco.plan import DataPlan
from rehead.coco.rendering import print_faults
from rehead.files import write_json
from rehead.params import read_params
from rehead.stage import stage


def main(*, dataset: Path, report: Path) -> int:
    """Write `dataset` and `report`; returns 1, with the report written, if the source is rejected."""
    plan = read_params("data", DataPlan)
    sources = [] if plan.source == "shapes" else [Path(plan.source)]
    with stage("ingest", inputs=sources, sections=["data"]):
        try:
            ingested = ingest(plan, dataset)
        except RejectedError as error:
            write_json(report, error.report.as_dict())
            print_faults(error.report)
            return 1
        write_json(report, ingested.report)
    print_faults(ingested.found)
    for name, split in ingested.report["splits"].items():
        print(f"{name}: {split['images']} images, {split['annotations']} annotations, {split['how']}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    sys.exit(main(**vars(parser.parse_args())))
