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
EVALKIT = Path("../shared/data/evalkit")


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


def test_the_verb_prints_both_heads(truth: Path) -> None:
    result = CliRunner().invoke(app, ["score", str(truth), str(results(truth, FOUND))])
    assert result.stdout.splitlines()[:2] == ["             box    mask", "AP         1.000       -"]


def test_the_verb_prints_json(truth: Path) -> None:
    result = CliRunner().invoke(app, ["score", str(truth), str(results(truth, FOUND)), "--json"])
    assert set(json.loads(result.stdout)) == {"box", "mask", "boundary", "per_class", "max_detections", "dataset"}


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


@pytest.mark.skipif(not EVALKIT.is_dir(), reason="../shared/data/evalkit is not there")
def test_published_numbers_are_met() -> None:
    scores = score_files(
        EVALKIT / "instances_val2014_100.json", EVALKIT / "instances_val2014_fakebbox100_results.json"
    ).scores
    assert (scores.box["AP"], scores.box["AP50"]) == pytest.approx((0.5045806987249628, 0.6969727247299577), abs=1e-12)
