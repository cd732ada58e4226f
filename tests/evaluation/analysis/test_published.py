"""Real photographs, whose numbers others have published or computed."""

from pathlib import Path
from typing import Any

import pytest

from rehead.coco.faults import FaultLog
from rehead.coco.reading import read_dataset
from rehead.coco.results import read_results
from rehead.coco.truth import document_of
from rehead.evaluation.analysis.report import analyse

EVALKIT = Path(__file__).parents[4] / "shared" / "data" / "evalkit"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not EVALKIT.is_dir(), reason="../shared/data/evalkit is not here"),
]


@pytest.fixture(scope="module")
def analysis() -> Any:
    dataset = read_dataset(EVALKIT / "instances_val2014_100.json", None, FaultLog({}))
    assert dataset is not None
    truth = document_of(dataset)
    results = read_results(EVALKIT / "instances_val2014_fakesegm100_results.json", truth)
    return analyse(truth, results, thresholds={}, max_detections=100)


def test_average_precision_is_the_one_that_coco_published(analysis: Any) -> None:
    assert analysis["errors"]["mask"]["AP50"] == pytest.approx(0.5622883972521636, abs=1e-6)


@pytest.mark.parametrize(
    ("head", "counts"),
    [
        ("box", {"class": 83, "localisation": 2, "both": 0, "duplicate": 1, "background": 0, "missed": 97}),
        ("mask", {"class": 76, "localisation": 82, "both": 7, "duplicate": 0, "background": 4, "missed": 109}),
    ],
)
def test_errors_are_as_many_of_each_type_as_the_program_of_the_paper_counts(
    analysis: Any, head: str, counts: dict[str, int]
) -> None:
    """Counted with tidecv 1.0.1 on the same file."""
    assert {name: one["count"] for name, one in analysis["errors"][head]["types"].items()} == counts
