"""A repaired copy passes every check, loads anywhere, and leaves its source alone."""

import contextlib
import copy
import io
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools.coco import COCO

from rehead.coco.faults import FaultLog
from rehead.coco.fixing import Fixed, fix_dataset, lines_of_fix, write_copy
from rehead.coco.parts import Part, Source
from rehead.coco.policy import mending
from rehead.coco.reading import read_source
from rehead.files import sha256_of
from tests.coco.conftest import Corpus, draw_image, sound_document

Document = dict[str, Any]
odd: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 1, 2, 2**70, 1.5, 1e400, float("nan"), "", "\ud800", "../x", [], {}, [[1, 2]]]
)


def _loaded(file: Path) -> COCO:
    """Load a file and fill every mask as other tools do; a warning is an error, but for numpy's own."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)
        coco = COCO(str(file))
        for annotation in coco.dataset["annotations"]:
            assert coco.annToMask(annotation).any()
    return coco


def _spoil(folder: Path, document: Document) -> None:
    """One image is missing, one box is wrong, one mask is broken, and one picture has a transparent colour."""
    document["images"][0]["file_name"] = "none.png"
    document["annotations"][1]["bbox"] = [500, 500, 20, 20]
    document["annotations"][2]["segmentation"] = [[1, 2, 3, 4]]
    Image.open(folder / "images" / "2.png").convert("P").save(folder / "images" / "2.png", transparency=3)
    (folder / "annotations.json").write_text(json.dumps(document), encoding="utf-8")


@dataclass(frozen=True)
class Spoilt:
    """A spoilt source, its hash before and after it was fixed, and what came of it."""

    source: Path
    before: str
    after: str
    fixed: Fixed


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Spoilt:
    source = tmp_path_factory.mktemp("source")
    for number in (1, 2, 3):
        draw_image(source / "images" / f"{number}.png", number)
    _spoil(source, sound_document())
    before = sha256_of(source)
    fixed = fix_dataset(source, tmp_path_factory.mktemp("new") / "copy")
    return Spoilt(source, before, sha256_of(source), fixed)


def test_what_can_be_repaired_is_and_the_rest_is_left_out_and_said(spoilt: Spoilt) -> None:
    told = "\n".join(lines_of_fix(spoilt.fixed))
    assert "repaired: image-alpha 1, bbox-outside 1" in told
    assert "left out: file-missing 1, polygon-points 1" in told
    assert "2 of 3 images, 1 of 3 annotations" in told


def test_a_copy_is_sound_but_for_warnings(spoilt: Spoilt) -> None:
    assert spoilt.fixed.sound
    assert lines_of_fix(spoilt.fixed)[-1].startswith("checked again: only warnings are left: ")


def test_the_source_keeps_every_byte(spoilt: Spoilt) -> None:
    assert spoilt.after == spoilt.before


def test_a_copy_of_a_copy_is_the_same(spoilt: Spoilt, tmp_path: Path) -> None:
    fix_dataset(spoilt.fixed.out, tmp_path / "two")
    assert sha256_of(tmp_path / "two") == sha256_of(spoilt.fixed.out)


def test_a_policy_has_the_last_word(spoilt: Spoilt, tmp_path: Path) -> None:
    fixed = fix_dataset(spoilt.source, tmp_path / "copy", policy={"file-missing": "reject"})
    assert fixed.counts("reject") == {"file-missing": 1}


def test_a_copy_of_sound_data_has_no_fault_left(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("new")
    assert lines_of_fix(fix_dataset(folder, out))[-1] == "checked again: 0 faults left"
    assert sorted(path.name for path in out.iterdir()) == ["annotations.json", "images"]


def test_what_has_no_cure_leaves_nothing_behind(
    folder: Path, document: Document, tmp_path_factory: pytest.TempPathFactory
) -> None:
    document["categories"][0]["id"] = 7
    (folder / "annotations.json").write_text(json.dumps(document), encoding="utf-8")
    place = tmp_path_factory.mktemp("new")
    fixed = fix_dataset(folder, place / "copy")
    assert list(place.iterdir()) == []
    assert "nothing was written" in lines_of_fix(fixed)[-1]
    assert "category-id-duplicate" in lines_of_fix(fixed)[-1]


def test_nothing_is_ever_overwritten(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("new")
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match="nothing is ever overwritten"):
        fix_dataset(folder, out)


@pytest.mark.parametrize("inside", ["copy", "images/copy"])
def test_no_copy_is_written_into_the_source(folder: Path, inside: str) -> None:
    with pytest.raises(ValueError, match="only read"):
        fix_dataset(folder, folder / inside)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """List every (container, key) in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in [(value, key), *_places(inner)]]


@given(data=st.data())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_copy_of_a_document_spoiled_anywhere_is_sound(
    data: st.DataObject, sound: Any, folder: Path, decoder: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    document = sound() | {"info": {"year": 2026}, "licenses": []}
    for _ in range(data.draw(st.integers(1, 4))):
        container, key = data.draw(st.sampled_from(_places(document)))
        container[key] = copy.deepcopy(data.draw(odd))
    (folder / "annotations.json").write_text(json.dumps(document), encoding="utf-8")
    log = FaultLog(mending({}))
    source = Source({"all": (Part(folder / "annotations.json", folder / "images"),)})
    splits = read_source(source, log, decoder, keep=True)
    if log.rejected:
        return
    out = tmp_path_factory.mktemp("new") / "copy"
    write_copy(out, splits)
    proof = FaultLog()
    again = read_source(Source({"all": (Part(out / "annotations.json", out / "images"),)}), proof, decoder)
    assert {proof.actions[code] for code in proof.totals()} <= {"warn"}
    masks = [(a.image_id, a.counts) for a in again["all"].annotations]
    assert masks == [(a.image_id, a.counts) for a in splits["all"].annotations]
    _loaded(out / "annotations.json")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_of_each_third_broken_input_there_is_a_sound_copy_or_a_reason_why_not(corpus: Corpus, tmp_path: Path) -> None:
    wrong = []
    broken = [name for name, case in corpus.cases.items() if case["layer"] != "dt"]
    for name in broken[::3]:  # all of them take five minutes
        folder, out = corpus.folder / name, tmp_path / "copies" / name
        val = folder / "val.json" if (folder / "val.json").exists() else None
        before = sha256_of(folder)
        fixed = fix_dataset(folder / "annotations.json", out, images=folder / "images", val=val)
        told = lines_of_fix(fixed)[-1]
        if fixed.proof is None:
            sound = not out.exists() and "nothing was written" in told and bool(fixed.counts("reject"))
        else:
            sound = fixed.sound and all(_loaded(file).dataset["images"] for file in out.glob("*.json"))
        wrong += [] if sound and sha256_of(folder) == before else [f"{name}: {told}"]
    assert wrong == []
