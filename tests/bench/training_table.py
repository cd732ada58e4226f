"""reports/bench/training.json as the README's table: `python -m tests.bench.training_table`."""

from pathlib import Path
from statistics import median
from typing import Any

from rehead.files import read_json

REPORT = Path("reports/bench/training.json")
_MEASURES = {
    "without_cache": "without the feature cache",
    "without_targets": "with masks at full size",
    "without_sparse_rpn": "with the RPN's loss over all anchors",
    "without_rows": "with torchvision's RoIAlign",
    "without_fourier": "with torch's convolutions in the heads",
    "without_format": "with NCHW tensors",
    "without_all": "without any of these",
    "with_our_rois": "with our numbers of RoIs",
}


def table(found: dict[str, Any]) -> str:
    """Lay out what was measured against what it must be; parts that were not measured are left out."""
    rows = ["| | torchvision | rehead | ratio | must be |", "|---|---|---|---|---|"]
    if "fruits_nuts" in found:
        rows += _fruit_rows(found["fruits_nuts"])
    if "dsb2018_nuclei_640" in found:
        cells = found["dsb2018_nuclei_640"]
        peak, ours = (_median(cells["runs"], who, "peak_rss_mib") for who in ("peer", "ours"))
        told = "peak MiB, `dsb2018_nuclei` at 640 px"
        rows.append(_row(told, peak, ours, cells["peak_memory"], "at most 0.5", digits=0))
    if "targets_300_objects_1333" in found:
        mb = found["targets_300_objects_1333"]
        theirs, ours = mb["torchvision_mb"], mb["ours_mb"]
        told = "MB of mask targets, 300 objects at 1333 px"
        rows.append(_row(told, theirs, ours, ours / theirs, "under 50 MB", digits=0))
    for arch in ("maskrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_v2"):
        if f"{arch}_512" in found:
            rows += _rate_rows(arch, found[f"{arch}_512"])
    return "\n".join(rows)


def _fruit_rows(found: dict[str, Any]) -> list[str]:
    runs = found["runs"]
    aim, after = _median(runs, "peer", "mask_ap"), _median(runs, "ten_epochs", "mask_ap")
    times, rates = (
        (_median(runs, "peer", name), _median(runs, who, name))
        for who, name in (("recipe", "train_s"), ("ten_epochs", "images_per_s"))
    )
    told = f"seconds to torchvision's mask AP after 10 epochs, {aim:.3f}"
    return [
        _row(told, *times, found["time_to_peers_mask_ap"], "at most 0.125", digits=0),
        _row("images/s over 10 epochs", *rates, found["images_per_s"], "at least 4"),
        f"| mask AP after 10 epochs | {aim:.3f} | {after:.3f} | | |",
    ]


def _rate_rows(arch: str, found: dict[str, Any]) -> list[str]:
    peer, ours = (_median(found["runs"], who, "images_per_s") for who in ("peer", "ours"))
    ratio, shares = found["images_per_s"], found["measures"]
    return [_row(f"images/s, `{arch}`, 512 px", peer, ours, ratio, "at least 2")] + [
        f"| … {told} | | {ours * shares[name]:.2f} | {ratio * shares[name]:.3g} | |" for name, told in _MEASURES.items()
    ]


def _row(told: str, peer: float, ours: float, ratio: float, aim: str, *, digits: int = 2) -> str:
    return f"| {told} | {peer:.{digits}f} | {ours:.{digits}f} | {ratio:.3g} | {aim} |"


def _median(runs: list[dict[str, Any]], who: str, name: str) -> float:
    return median(run[who][name] for run in runs)


if __name__ == "__main__":
    print(table(read_json(REPORT)))
