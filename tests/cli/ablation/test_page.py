import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from rehead.cli.ablation.comparison import Comparison
from rehead.cli.ablation.figure import plot_comparison
from rehead.cli.ablation.page import write_comparison
from tests.cli.ablation.scenario import comparison_of


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return comparison_of(3.0, 0.3)


@pytest.fixture(scope="module")
def written(compared: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_comparison(tmp_path_factory.mktemp("ablation"), compared).parent


def test_the_page_answers_first_and_loads_nothing(written: Path) -> None:
    page = (written / "index.html").read_text(encoding="utf-8")
    assert page.index('class="advice"') < page.index("In one look") < page.index("Ceilings")
    assert ("http://" in page, "https://" in page, "<script" in page) == (False, False, False)


def test_everything_names_the_data_that_was_scored(written: Path) -> None:
    report = json.loads((written / "comparison.json").read_text(encoding="utf-8"))
    assert (report["dataset"]["fingerprint"], set(report["versions"])) == (
        "f" * 64,
        {"torch", "torchvision", "pycocotools", "rehead"},
    )
    assert "f" * 64 in (written / "index.html").read_text(encoding="utf-8")


def test_the_report_holds_each_seed_s_score_and_the_words(written: Path) -> None:
    report = json.loads((written / "comparison.json").read_text(encoding="utf-8"))
    assert set(report["variants"][0]["scores"]["boundary AP"]["by_seed"]) == {"0", "1", "2"}
    assert [one["value"] for one in report["in_words"]] == ["56"]


def test_the_figure_can_be_opened(written: Path) -> None:
    with Image.open(written / "comparison.png") as picture:
        assert picture.width > picture.height > 400


@pytest.mark.slow
def test_one_value_alone_has_a_page_as_well(compared: Comparison, tmp_path: Path) -> None:
    page = write_comparison(tmp_path, replace(compared, variants=compared.variants[:1])).read_text(encoding="utf-8")
    assert "Differences to" not in page


@pytest.mark.slow
def test_poolers_have_a_page_without_ceilings(tmp_path: Path) -> None:
    found = comparison_of(1.0, 2.0, seeds=1, values=("roi_align", "roi_pool"), sides=False)
    assert 'id="ceilings"' not in write_comparison(tmp_path, found).read_text(encoding="utf-8")


@pytest.mark.parametrize(("reach", "heads"), [(0.2, []), (90.0, ["<", ">"])])
def test_a_bar_that_leaves_the_picture_ends_in_arrowheads(compared: Comparison, reach: float, heads: list[str]) -> None:
    first, other = compared.variants
    differences = {name: replace(one, over_seeds=(-0.1, 0.1)) for name, one in other.differences.items()}
    differences["mask AP"] = replace(differences["mask AP"], over_seeds=(-reach, reach))
    shown = replace(compared, variants=(first, replace(other, differences=differences)))
    lines = plot_comparison(shown).axes[1].get_lines()
    assert sorted(str(line.get_marker()) for line in lines if line.get_marker() in ("<", ">")) == heads
