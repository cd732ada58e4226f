"""The numbers that COCO's own examples are known to have."""

from pathlib import Path

import pytest

from rehead.cli.scoring import score_files
from rehead.evaluation.coco_map import METRICS

EVALKIT = Path(__file__).parents[3] / "shared" / "data" / "evalkit"

MISPRINTED = {0.5642902905982902: 0.5642905982905982}
"""ARl of the boxes: pycocotools and faster-coco-eval both give the second from the very files."""


def published(kind: str) -> list[float]:
    """Read the twelve known numbers from where the files came from."""
    line = next(
        line for line in (EVALKIT / "SOURCE.md").read_text().splitlines() if line.strip().startswith(f"- {kind} ")
    )
    return [MISPRINTED.get(float(value), float(value)) for value in line.split()[2:]]


@pytest.mark.skipif(not EVALKIT.is_dir(), reason=f"{EVALKIT} is not there")
@pytest.mark.parametrize(("head", "kind"), [("box", "bbox"), ("mask", "segm")])
def test_all_published_numbers_are_met(head: str, kind: str) -> None:
    files = EVALKIT / "instances_val2014_100.json", EVALKIT / f"instances_val2014_fake{kind}100_results.json"
    scores = score_files(*files).as_dict()[head]
    assert len(published(kind)) == 12
    assert [scores[name] for name in METRICS] == pytest.approx(published(kind), abs=1e-12)
