"""reports/bench/evaluation.json as the README's table: `python -m tests.bench.evaluation_table`."""

from pathlib import Path
from statistics import median
from typing import Any

from rehead.files import read_json

REPORT = Path("reports/bench/evaluation.json")


def table(found: dict[str, Any]) -> str:
    """Lay out what was measured against what it must be; parts that were not measured are left out."""
    rows = ["| | torchvision + pycocotools | rehead | ratio | must be |", "|---|---|---|---|---|"]
    for name in ("coco_mini", "dsb2018_nuclei"):
        if name in found:
            rows += _output_rows(name, found[name])
    if "evalkit_x10" in found:
        rows.append(_time_row("s to score 1000 images of `evalkit`, boxes and masks", found["evalkit_x10"]))
    if "photograph_12_megapixels" in found:
        large = found["photograph_12_megapixels"]
        told = "100 objects of a 12-megapixel photograph to run lengths"
        rows.append(_time_row(f"s, {told}", large, aim="under 1 s"))
        rows.append(_memory_row(f"MiB, {told}", large, aim="under 1000 MiB"))
    if "resampling" in found:
        rows.append(f"| s for 1000 resamples of 1000 images | | {found['resampling']['seconds']:.2f} | | under 5 s |")
    return "\n".join(rows)


def _output_rows(name: str, found: dict[str, Any]) -> list[str]:
    first, read = found["runs"][0], found["torchvisions_rule"]
    detections = first["peer"]["detections"]
    rows = [
        _time_row(f"s from outputs to AP, `{name}`, {detections} detections", found),
        _memory_row(f"MiB above the imports, `{name}`", found, aim="at most 0.25"),
    ]
    checked = median(run["ours"]["check_s"] for run in found["runs"])
    rows.append(f"| … and to check them before they are believed | | {checked:.3g} | | |")
    for head, kind in (("box", "bbox"), ("mask", "segm")):
        theirs, ours, same = first["peer"][kind][0], first["ours"][head]["AP"], read[head]["AP"]
        rows.append(f"| {head} AP, `{name}` | {theirs:.6f} | {ours:.6f}; by torchvision's rule {same:.6f} | | |")
    for rule, told in (("ours", "our rule"), ("torchvision", "torchvision's rule")):
        counted = found["differences"][rule]
        share = counted["different_pixels"] / counted["pixels"]
        told = f"pixels unlike torchvision's by {told}, `{name}`"
        rows.append(f"| {told} | of {counted['pixels']} | {counted['different_pixels']} | {share:.2g} | |")
    return rows


def _time_row(told: str, found: dict[str, Any], *, aim: str = "at least 10") -> str:
    return _row(told, found, "seconds", found["time"], aim)


def _memory_row(told: str, found: dict[str, Any], *, aim: str) -> str:
    return _row(told, found, "grown_mib", found["memory"], aim)


def _row(told: str, found: dict[str, Any], name: str, ratio: float, aim: str) -> str:
    peer, ours = (median(run[who][name] for run in found["runs"]) for who in ("peer", "ours"))
    return f"| {told} | {peer:.3g} | {ours:.3g} | {ratio:.3g} | {aim} |"


if __name__ == "__main__":
    print(table(read_json(REPORT)))
