"""Files are scored only after they were read strictly."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rehead.cli.app import app
from rehead.cli.scoring import score_files
from rehead.coco.rle import polygons_to_rle
from rehead.files import sha256_of, write_json

OUTLINE = [5.0, 5.0, 15.0, 5.0, 15.0, 15.0, 5.0, 15.0]
BOX = [5.0, 5.0, 10.0, 10.0]
FOUND: dict[str, Any] = {"image_id": 3, "category_id": 7, "bbox": BOX, "score": 0.9}


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    square = {
        "id": 1,
        "image_id": 3,
        "category_id": 7,
        "bbox": BOX,
        "area": 100,
        "iscrowd": 0,
        "segmentation": [OUTLINE],
    }
    document = {
        "categories": [{"id": 7, "name": "square"}],
        "images": [{"id": 3, "file_name": "one.png", "width": 64, "height": 48}],
        "annotations": [square],
    }
    write_json(tmp_path / "truth.json", document)
    return tmp_path / "truth.json"


def results(truth: Path, *found: dict[str, Any]) -> Path:
    path = truth.with_name("results.json")
    path.write_text(json.dumps(list(found)))
    return path


def test_the_truth_itself_scores_one(truth: Path) -> None:
    mask = {"segmentation": polygons_to_rle([OUTLINE], 48, 64)}
    scores = score_files(truth, results(truth, FOUND | mask)).scores
    assert (scores.box["AP"], scores.mask["AP"]) == pytest.approx((1.0, 1.0))


def test_boxes_alone_leave_the_mask_scores_undefined(truth: Path) -> None:
    scores = score_files(truth, results(truth, FOUND)).scores
    assert scores.box["AP"] == pytest.approx(1.0)
    assert set(scores.mask.values()) == {None}


def test_no_results_score_zero(truth: Path) -> None:
    assert score_files(truth, results(truth)).scores.mask["AP"] == 0.0


@pytest.mark.parametrize("bad", [{"score": math.nan}, {"bbox": [math.nan] * 4}, {"image_id": 4}, {"category_id": 1}])
def test_results_that_would_fool_an_evaluator_are_refused(truth: Path, bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fault"):
        score_files(truth, results(truth, FOUND | bad))


def test_a_broken_truth_is_refused_with_its_faults(truth: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth.write_text('{"images": [], "annotations": []}')
    with pytest.raises(ValueError, match="is rejected"):
        score_files(truth, results(truth))
    assert "reject" in capsys.readouterr().out


def test_the_verb_prints_all_heads_and_why_some_have_no_number(truth: Path) -> None:
    lines = CliRunner().invoke(app, ["score", str(truth), str(results(truth, FOUND))]).stdout.splitlines()
    assert [line.split() for line in lines[:2]] == [["box", "mask", "boundary"], ["AP", "1.000", "-", "-"]]
    assert "undefined (the results hold no masks): mask, boundary" in lines
    assert "undefined (no object from 32x32 to 96x96 pixels to find): box.APm, box.ARm" in lines


def test_the_verb_prints_a_row_for_each_class(truth: Path) -> None:
    document = json.loads(truth.read_text())
    document["categories"].append({"id": 9, "name": "[red]circle"})
    truth.write_text(json.dumps(document))
    printed = CliRunner().invoke(app, ["score", str(truth), str(results(truth, FOUND))]).stdout.splitlines()
    rows = [line.split() for line in printed]
    assert ["square", "1", "1.000", "-", "-"] in rows
    assert ["[red]circle", "0", "-", "-", "-"] in rows


@pytest.mark.parametrize("missing", ["truth", "results"])
def test_a_file_that_is_not_there_is_not_found_rather_than_rejected(truth: Path, missing: str) -> None:
    files = {"truth": str(truth), "results": str(results(truth, FOUND))}
    files[missing] += ".nowhere"
    found = CliRunner().invoke(app, ["score", *files.values()])
    assert found.exit_code == 1
    assert str(found.exception) == f"{files[missing]} is not found: give a COCO JSON file"


def test_boxes_of_no_number_end_the_verb(truth: Path) -> None:
    bad = results(truth, FOUND | {"bbox": [math.nan] * 4})
    found = CliRunner().invoke(app, ["score", str(truth), str(bad)])
    assert (found.exit_code, found.stdout) == (1, "")


def test_images_of_one_file_name_are_told_by_their_ids(truth: Path) -> None:
    document = json.loads(truth.read_text())
    document["images"].append(document["images"][0] | {"id": 4})
    document["annotations"].append(document["annotations"][0] | {"id": 2, "image_id": 4})
    truth.write_text(json.dumps(document), encoding="utf-8-sig")
    scored = score_files(truth, results(truth, FOUND, FOUND | {"image_id": 4}))
    assert scored.scores.box["AP"] == pytest.approx(1.0)
    assert (scored.dataset["images"], scored.remarks) == (2, ())


def test_masks_alone_are_scored_by_their_boxes_too(truth: Path) -> None:
    mask = {key: value for key, value in FOUND.items() if key != "bbox"}
    mask["segmentation"] = polygons_to_rle([OUTLINE], 48, 64)
    scores = score_files(truth, results(truth, mask)).scores
    assert (scores.box["AP"], scores.mask["AP"], scores.boundary["AP"]) == pytest.approx((1.0, 1.0, 1.0))


def test_what_is_left_out_of_the_truth_is_told(truth: Path) -> None:
    document = json.loads(truth.read_text())
    document["annotations"].append(document["annotations"][0] | {"id": 2})
    truth.write_text(json.dumps(document))
    told = score_files(truth, results(truth, FOUND)).remarks
    assert told == (f"{truth}: left out as unsound, see `rehead check`: 1 annotation-duplicate",)


def test_the_verb_prints_json(truth: Path) -> None:
    result = CliRunner().invoke(app, ["score", str(truth), str(results(truth, FOUND)), "--json"])
    assert set(json.loads(result.stdout)) == {
        *("box", "mask", "boundary", "per_class", "classes"),
        *("undefined", "max_detections", "dataset", "evaluator"),
    }


def test_the_scores_name_the_truth_by_its_hash(truth: Path) -> None:
    dataset = score_files(truth, results(truth)).as_dict()["dataset"]
    assert (dataset["sha256"], dataset["fingerprint"]) == (sha256_of(truth), None)
    told = CliRunner().invoke(app, ["score", str(truth), str(results(truth, FOUND))]).stdout.splitlines()[-1]
    assert told == f"on {dataset['images']} images of {truth}, {dataset['sha256'][:12]}"


@pytest.mark.parametrize(("sha256", "known"), [(None, "5f" * 32), ("0" * 64, None)])
def test_the_scores_of_an_ingested_split_carry_its_fingerprint(truth: Path, sha256: str | None, known: Any) -> None:
    split = {"splits": {truth.stem: {"fingerprint": "5f" * 32}}, "files": {truth.name: sha256 or sha256_of(truth)}}
    truth.with_name("manifest.json").write_text(json.dumps(split))
    assert score_files(truth, results(truth)).dataset["fingerprint"] == known


@pytest.mark.parametrize("manifest", ["", "[]", '{"files": 3}', '{"splits": {}, "files": {}}'])
def test_somebody_elses_manifest_is_not_taken_for_one(truth: Path, manifest: str) -> None:
    truth.with_name("manifest.json").write_text(manifest)
    assert score_files(truth, results(truth)).dataset["fingerprint"] is None


def test_results_beyond_the_limit_are_remarked(truth: Path) -> None:
    result = CliRunner().invoke(app, ["score", str(truth), str(results(truth, *[FOUND] * 101))])
    assert "more detections than the limit maxDets=100" in result.stderr


def test_the_limit_grows_with_the_objects_of_the_fullest_image(truth: Path) -> None:
    document = json.loads(truth.read_text())
    square = document["annotations"][0]
    document["annotations"] = [square | {"id": n, "category_id": 7} for n in range(1, 103)]
    # every square a little wider: the very same one twice would be dropped
    for n, annotation in enumerate(document["annotations"]):
        annotation["bbox"] = [5.0, 5.0, 10.0 + n / 1000, 10.0]
    truth.write_text(json.dumps(document))
    found = [FOUND | {"bbox": annotation["bbox"]} for annotation in document["annotations"]]
    scored = score_files(truth, results(truth, *found))
    assert (scored.max_detections, scored.scores.box["AP"]) == (102, 1.0)
    assert scored.remarks == ("maxDets=102, not COCO's 100; the fullest image has 102 objects",)


def test_a_crowd_region_is_no_object_of_the_fullest_image(truth: Path) -> None:
    document = json.loads(truth.read_text())
    square = document["annotations"][0]
    document["annotations"] = [
        square | {"id": n, "category_id": 7, "bbox": [5.0, 5.0, 10.0 + n / 1000, 10.0], "iscrowd": int(n > 100)}
        for n in range(1, 103)
    ]
    truth.write_text(json.dumps(document))
    scored = score_files(truth, results(truth, FOUND))
    assert (scored.max_detections, scored.remarks) == (100, ())
