"""How much faster, and in how much less memory, outputs become COCO's numbers than by torchvision and pycocotools.

Each contender runs in a process of its own, in turns with the other; the median of REHEAD_BENCH_REPEATS pairs counts.
Both get the outputs that the peer's script draws. Parts run by themselves with -k and leave the others as they are.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest
import torch

from rehead.evaluation.coco_map import METRICS
from rehead.files import read_json, write_json
from tests.bench.contenders import SHARED, THREADS, Figures, run_lines

REPORT = Path("reports/bench/evaluation.json")
REPEATS = int(os.environ.get("REHEAD_BENCH_REPEATS", "3"))
SCRIPT = SHARED / "bench" / "evaluation_baseline.py"
DETECTIONS = {"coco_mini": 100, "dsb2018_nuclei": 300}
KIT = SHARED / "data" / "evalkit" / "scale_up.py"
HEIGHT, WIDTH, OBJECTS = 3000, 4000, 100
HEADS = ("box", "mask")
_IMPORTS_ONLY = "import runpy, sys, psutil; runpy.run_path(sys.argv[1]); print(psutil.Process().memory_info().rss)"
pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not SCRIPT.is_file(), reason="the peer's script is not here: ../shared/bench"),
]


def _work(task: str, **arguments: str) -> Figures:
    found: Figures = json.loads(
        run_lines([sys.executable, "-m", f"{__package__}.evaluation_worker", task, json.dumps(arguments)])[-1]
    )
    return found


def _peer(data: Path, raw: Path) -> Figures:
    """Run the peer's script; its peak is told with what its imports alone take."""
    held = int(run_lines([sys.executable, "-c", _IMPORTS_ONLY, str(SCRIPT)])[-1]) / 2**20
    lines = run_lines([sys.executable, str(SCRIPT), str(data), str(DETECTIONS[data.name]), "--dump", str(raw)])
    found = json.loads(lines[-1])
    return {**found, "seconds": found["paste_encode_s"] + found["score_s"], "grown_mib": found["peak_rss_mib"] - held}


def _pairs(peer: Callable[[], Figures], ours: Callable[[], Figures]) -> Figures:
    """Let both run in turns; ratios are the peer's over ours in time, ours over the peer's in memory."""
    runs = [{"peer": peer(), "ours": ours()} for _ in range(REPEATS)]
    return {
        "time": median(run["peer"]["seconds"] / run["ours"]["seconds"] for run in runs),
        "memory": median(run["ours"]["grown_mib"] / run["peer"]["grown_mib"] for run in runs),
        "runs": runs,
    }


def _write(part: str, figures: Figures) -> Figures:
    known = read_json(REPORT) if REPORT.is_file() else {}
    write_json(REPORT, {**known, "threads": int(THREADS), "repeats": REPEATS, part: figures})
    return figures


@pytest.fixture(scope="module", params=DETECTIONS)
def outputs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """Go from raw outputs to AP, by our rule for reading masks; then by torchvision's, and count what differs."""
    name = request.param
    data, raw = SHARED / "data" / name, tmp_path_factory.mktemp("outputs") / "raw.pt"
    found = _pairs(lambda: _peer(data, raw), lambda: _work("score_outputs", data=str(data), raw=str(raw), rule="ours"))
    found["torchvisions_rule"] = _work("score_outputs", data=str(data), raw=str(raw), rule="torchvision")
    found["differences"] = {
        rule: _work("count_differences", raw=str(raw), rule=rule) for rule in ("ours", "torchvision")
    }
    return _write(name, found)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write COCO's 100 images ten times over."""
    folder = tmp_path_factory.mktemp("kit")
    run_lines([sys.executable, str(KIT), "10", str(folder)])
    return str(folder)


@pytest.fixture(scope="module")
def scoring(kit: str) -> Figures:
    """Score alone."""
    peer, ours = (lambda by=by: _work("score_results", folder=kit, by=by) for by in ("pycocotools", "ours"))
    return _write("evalkit_x10", _pairs(peer, ours))


@pytest.fixture(scope="module")
def resampling(kit: str) -> Figures:
    """Resample the images of that."""
    runs = [_work("resample", folder=kit) for _ in range(REPEATS)]
    return _write("resampling", {"seconds": median(run["seconds"] for run in runs), "runs": runs})


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """Paste 100 objects of a twentieth to a third of a 12-megapixel photograph's sides."""
    raw = str(tmp_path_factory.mktemp("photograph") / "raw.pt")
    torch.manual_seed(0)
    sides_k2 = torch.tensor([WIDTH, HEIGHT]) * (torch.rand(OBJECTS, 2) * 0.28 + 0.05)
    corners_k2 = torch.rand(OBJECTS, 2) * (torch.tensor([WIDTH, HEIGHT]) - sides_k2)
    boxes, masks = torch.cat([corners_k2, corners_k2 + sides_k2], dim=1), torch.rand(OBJECTS, 1, 28, 28)
    torch.save([{"height": HEIGHT, "width": WIDTH, "boxes": boxes, "masks": masks}], raw)
    peer, ours = (lambda by=by: _work("paste_photograph", raw=raw, by=by) for by in ("torchvision", "ours"))
    return _write("photograph_12_megapixels", _pairs(peer, ours))


def test_outputs_become_numbers_ten_times_as_fast(outputs: Figures) -> None:
    assert outputs["time"] >= 10


def test_outputs_become_numbers_in_a_quarter_of_the_memory(outputs: Figures) -> None:
    assert outputs["memory"] <= 1 / 4


def test_read_as_torchvision_reads_them_masks_are_torchvisions_but_for_rounding(outputs: Figures) -> None:
    counted = outputs["differences"]["torchvision"]
    assert counted["different_pixels"] <= 1e-6 * counted["pixels"]


def test_read_as_torchvision_reads_them_masks_score_the_same(outputs: Figures) -> None:
    # Not by size: in results with boxes pycocotools takes a box's area for its mask's, ours is the mask's own.
    theirs, ours = outputs["runs"][0]["peer"], outputs["torchvisions_rule"]
    for head, kind in zip(HEADS, ("bbox", "segm"), strict=True):
        for metric in ("AP", "AP50", "AP75", "AR1", "AR10", "AR100"):
            assert ours[head][metric] == pytest.approx(theirs[kind][METRICS.index(metric)], abs=1e-6)


def test_scoring_alone_is_ten_times_as_fast(scoring: Figures) -> None:
    assert scoring["time"] >= 10


def test_scoring_gives_pycocotools_numbers(scoring: Figures) -> None:
    theirs, ours = scoring["runs"][0]["peer"], scoring["runs"][0]["ours"]
    for head in HEADS:
        assert ours[head] == pytest.approx(theirs[head], abs=1e-9)


def test_a_thousand_images_are_resampled_a_thousand_times_in_five_seconds(resampling: Figures) -> None:
    assert resampling["seconds"] < 5


def test_the_objects_of_a_large_photograph_are_pasted_within_a_second_and_a_gigabyte(photograph: Figures) -> None:
    ours = [run["ours"] for run in photograph["runs"]]
    assert median(run["seconds"] for run in ours) < 1
    assert max(run["grown_mib"] for run in ours) < 1000
