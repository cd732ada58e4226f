"""Load the pretrained detector and replace its box and mask predictors for the dataset's classes."""

from pathlib import Path

from rehead.detector.checkpoint import save_detector, tile_of
from rehead.detector.plan import ModelPlan
from rehead.detector.weights import first_detector
from rehead.files import read_json, write_json
from rehead.params import read_params
from rehead.stage import run, stage
from rehead.tracking.models import downloaded_weights


def main(*, manifest: Path, out: Path, report: Path) -> None:
    """Write the detector with its new heads to `out`, and what it took over from its weights to `report`."""
    with stage("swap_heads", inputs=[manifest], sections=["model"]):
        plan = read_params("model", ModelPlan)
        dataset = read_json(manifest)
        classes, tile = tuple(dataset["categories"]), tile_of(dataset)

        swapped = first_detector(plan, classes, tile=tile, file=downloaded_weights(plan.weights))
        save_detector(swapped.detector, out)
        write_json(report, {"arch": plan.arch, **swapped.inheritance.as_dict()})

        tiles = f", for tiles of {tile.size} pixels" if tile else ""
        print(f"{plan.arch} {swapped.inheritance.line()}{tiles}")
        for note in swapped.inheritance.notes():
            print(f"note: {note}")


if __name__ == "__main__":
    run(main)
