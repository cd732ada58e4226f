"""The report of an evaluation that was analysed: in order, self-contained, and safe whatever the names are."""

import base64
import hashlib
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from rehead.detector.plan import ModelPlan
from rehead.evaluation.advice import advise
from rehead.evaluation.evidence import Evidence, Recipe
from rehead.reporting.report import write_report
from rehead.training.plan import TrainPlan
from tests.reporting.analyses import sample_analysis, sample_evaluation

NAMES = ("ripe berry", "</script><b>leaf</b>")
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
ANALYSIS = sample_analysis(NAMES)


def written(folder: Path, **parts: Any) -> str:
    write_report(folder / "index.html", evaluation=sample_evaluation(NAMES), **parts)
    return (folder / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    training, roi_align = {"best_epoch": 3}, {"boxes": 163, "agrees": True, "max_abs_diff": 1e-7}
    stages = {"training": training, "roi_align": roi_align, "ingest": {"images": 9}, "params": {"train": {"lr": 0.1}}}
    return written(tmp_path_factory.mktemp("page"), analysis=ANALYSIS, **stages)


def sections(page: str) -> list[str]:
    return re.findall(r'<section id="([a-z-]+)"', page)


def test_sections_stand_in_the_order_in_which_questions_come(page: str) -> None:
    told = ["scores", "heads", "classes", "curves", "confusion", "errors", "measures", "groups", "labels"]
    assert sections(page) == [*told, "training", "data", "roi-align", "serve", "parameters", "lineage"]


def test_the_contents_name_every_section(page: str) -> None:
    assert re.findall(r'<li><a href="#([a-z-]+)">', page) == sections(page)


def test_the_advice_follows_the_headline_at_once(page: str) -> None:
    told = ("Boundary AP", "A perfect mask head", "What to do next", "All twelve numbers")
    places = [page.index(text) for text in told]
    assert places == sorted(places)


def test_the_heads_section_says_how_the_gains_follow(page: str) -> None:
    words = " ".join(page[page.index('<section id="heads">') : page.index('<section id="classes">')].split())
    assert "Perfect detection would lift mask AP from 0.650 to 0.760" in words
    assert "from 0.760 to the ceiling of 0.910" in words
    assert "0.650 / 0.760 of it" in words


def test_only_the_programs_of_the_page_may_run(page: str) -> None:
    digests = [hashlib.sha256(script.encode()).digest() for script in SCRIPT.findall(page)]
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}"
    assert (len(digests), policy in page.replace("&#39;", "'").replace("&#x27;", "'")) == (2, True)


def test_a_class_name_cannot_end_a_script(page: str) -> None:
    assert "</script><b>" not in page


def test_a_chart_keeps_the_name_of_a_class_whole(page: str) -> None:
    assert r"\u003c/script\u003e\u003cb\u003eleaf" in page


def test_the_page_is_small_enough_to_send(page: str) -> None:
    assert len(page.encode()) < 2_000_000


def test_the_style_sheets_fetch_nothing(page: str) -> None:
    style = page[page.index("<style>") : page.index("</style>")]
    assert re.findall(r"url\(|@import", style) == []


@pytest.mark.parametrize(
    ("part", "section"),
    [("confusion", "confusion"), ("errors", "errors"), ("groups", "groups"), ("label_errors", "labels")],
)
def test_a_part_alone_makes_its_section_alone(part: str, section: str, tmp_path: Path) -> None:
    page = written(tmp_path, analysis={part: ANALYSIS[part]})
    assert sections(page) == ["scores", "classes", section, "serve", "lineage"]


@pytest.mark.parametrize("empty", [None, {}, {"curves": None, "groups": {}, "bottleneck": None, "areas": None}])
def test_an_empty_analysis_leaves_the_scores(empty: Any, tmp_path: Path) -> None:
    assert sections(written(tmp_path, analysis=empty)) == ["scores", "classes", "serve", "lineage"]


def test_a_page_without_charts_holds_no_library(tmp_path: Path) -> None:
    assert "vegaEmbed=" not in written(tmp_path, analysis={"confusion": ANALYSIS["confusion"]})


def test_beyond_ten_label_errors_the_rest_is_folded(tmp_path: Path) -> None:
    many = [ANALYSIS["label_errors"][0] | {"rank": rank} for rank in range(1, 131)]
    page = written(tmp_path, analysis={"label_errors": many})
    assert ("<summary>90 more</summary>" in page, "30 more are in reports/analysis.json" in page) == (True, True)


def test_a_detection_that_claims_no_object_is_not_said_to_lie_where_nothing_is(tmp_path: Path) -> None:
    counts = [[5, 1, 0], [0, 4, 2], [3, 0, 0]]
    page = written(tmp_path, analysis={"confusion": {"classes": ["leaf", "stone", "background"], "counts": counts}})
    mistakes = [" ".join(re.sub(r"<[^>]+>", "", one).split()) for one in re.findall(r"<li><b>.*?</li>", page)]
    assert mistakes[0] == "3 × leaf found beside what is labelled, or a second time 100 % of the row"


def test_labels_are_blamed_only_where_it_is_advised_to_look_at_them(tmp_path: Path) -> None:
    plan, train = ModelPlan(), TrainPlan()
    evidence = Evidence(recipe=Recipe(plan, train), ap=0.6, ap50=0.8, suspects=40, objects=400)
    (advice,) = advise(evidence)
    parts = {"label_errors": ANALYSIS["label_errors"]}
    advised = written(tmp_path, analysis=parts | {"bottleneck": {"advice": [asdict(advice)]}})
    other = written(tmp_path, analysis=parts | {"bottleneck": {"advice": []}})
    told = [("Look at these before" in page, "Few of these are likely" in page) for page in (advised, other)]
    assert told == [(True, False), (False, True)]


def test_what_several_views_gain_stands_beside_what_they_cost(tmp_path: Path) -> None:
    of_heads = {"mask_AP": 0.65, "plain_mask_AP": 0.625, "mask_gain": [-0.0021, 0.052], "box_AP": 0.72}
    of_heads |= {"plain_box_AP": 0.71, "box_gain": [None, None]}
    told = {"name": "2 views (mirrored)", "pixels": 2.0, **of_heads}
    words = " ".join(re.sub(r"<[^>]+>", "", written(tmp_path, analysis={**ANALYSIS, "augmentation": told})).split())
    assert "With 2 views (mirrored) an image, in place of one look: mask AP 0.650 in place of 0.625" in words
    assert "(95 % of resamples gain -0.002 to 0.052), box AP 0.720 in place of 0.710, for" in words
    assert "for 2 times the pixels" in words


@pytest.mark.parametrize(("one_look", "true_boxes", "told"), [(0.6, 0.7, True), (0.721, 0.7, False)])
def test_true_boxes_are_compared_with_one_look_and_said_to_lift_it_only_where_they_do(
    one_look: float, true_boxes: float, told: bool, tmp_path: Path
) -> None:
    numbers = {"mask_AP": 0.721, "mask_AP_one_look": one_look, "mask_AP_true_boxes": true_boxes, "mask_AP_ceiling": 0.9}
    page = written(tmp_path, analysis={"by_iou": ANALYSIS["by_iou"], "bottleneck": numbers})
    assert ("Perfect detection would lift mask AP from 0.600 to 0.700" in page) == told
    assert ("would lift" in page) == told


def test_an_undefined_number_of_a_class_says_why(tmp_path: Path) -> None:
    reasons = {f"per_class.{NAMES[0]}.mask.APl": "no leaf of that size", f"per_class.{NAMES[1]}": "no leaf at all"}
    page = written(tmp_path, analysis={"per_class": ANALYSIS["per_class"], "undefined": reasons})
    assert (page.count('title="no leaf of that size"'), page.count('title="no leaf at all"')) == (1, 6)
