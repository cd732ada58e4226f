"""Real datasets: the faults that are in them are named and no others, and their truth, fed back, scores one.

What is wrong with each was found by hand: every file decoded and every mask filled by other means than this package's.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rehead.cli.app import app
from rehead.coco.faults import FaultLog
from rehead.coco.reading import read_dataset
from rehead.coco.truth import document_of
from rehead.evaluation.coco_map import coco_map

DATA = Path(__file__).parents[3] / "shared" / "data"
SETS = ("fruits_nuts", "dsb2018_nuclei", "coco_mini")
pytestmark = [
    pytest.mark.slow,
    *(pytest.mark.skipif(not (DATA / name).is_dir(), reason=f"../shared/data/{name} is not here") for name in SETS),
]
PRECISIONS = ("AP", "AP50", "AP75", "APs", "APm", "APl")
FAULTS: dict[str, dict[str, int]] = {
    "fruits_nuts": {},
    # RGBA throughout, alpha 255; 11 and 5 images with more than 100 nuclei, up to 313
    "dsb2018_nuclei": {"image-alpha": 163, "images-crowded": 2},
    # two crowd regions of a wrong area; boxes around slivers too thin for a pixel; no hot dog, no teddy bear in val
    "coco_mini": {"area-mismatch": 2, "bbox-mismatch": 4, "category-unused": 1},
}
WRONG_AREAS = {908400535506, 905600092660}
FULLEST = {"fruits_nuts": 13, "dsb2018_nuclei": 313, "coco_mini": 35}


def _check(name: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["check", str(DATA / name), "--json"])
    assert done.exit_code == 0, done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize("name", SETS)
def test_the_faults_that_are_there_are_named_and_no_others(name: str) -> None:
    assert _check(name)["fault_counts"] == FAULTS[name]


def test_the_two_areas_of_coco_that_are_wrong_are_found() -> None:
    places = {(f["file"], f["where"]) for f in _check("coco_mini")["faults"] if f["code"] == "area-mismatch"}
    entries = {
        (str(file), f"annotations[{at}].area"): entry["id"]
        for file in (DATA / "coco_mini" / "train.json", DATA / "coco_mini" / "val.json")
        for at, entry in enumerate(json.loads(file.read_text())["annotations"])
    }
    assert {entries[place] for place in places} == WRONG_AREAS


def _truth(file: Path) -> dict[str, Any]:
    data = read_dataset(file, None, FaultLog())
    assert data is not None
    return document_of(data)


def _fed_back(truth: dict[str, Any], boxes: list[list[float]]) -> list[dict[str, Any]]:
    """Results that say what the truth says, crowd regions too: a detection inside one counts neither way."""
    keys = ("image_id", "category_id", "segmentation")
    return [
        {**{key: a[key] for key in keys}, "bbox": box, "score": 0.9}
        for a, box in zip(truth["annotations"], boxes, strict=True)
    ]


@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize("name", SETS)
def test_the_truth_fed_back_scores_one(name: str, split: str) -> None:
    truth = _truth(DATA / name / f"{split}.json")
    found = _fed_back(truth, [a["bbox"] for a in truth["annotations"]])
    scores = coco_map(truth, found, max_detections=FULLEST[name]).as_dict()
    precisions = {(head, key): scores[head][key] for head in ("box", "mask") for key in PRECISIONS}
    assert {place: value for place, value in precisions.items() if value not in (1.0, None)} == {}
    assert scores["mask"]["AP"] == 1.0


@pytest.mark.parametrize("name", SETS)
def test_rehead_score_gives_the_truth_one(name: str, tmp_path: Path) -> None:
    file, results = DATA / name / "val.json", tmp_path / "results.json"
    given = json.loads(file.read_text())["annotations"]
    results.write_text(json.dumps(_fed_back(_truth(file), [a["bbox"] for a in given])))
    done = CliRunner().invoke(app, ["score", str(file), str(results), "--json"])
    scores = json.loads(done.stdout)
    assert (scores["box"]["AP"], scores["mask"]["AP"]) == (1.0, 1.0)
