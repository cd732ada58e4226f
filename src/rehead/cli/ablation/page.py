"""The report of an ablation: comparison.json for machines, comparison.png and index.html for people."""

from pathlib import Path
from typing import Any

from rehead.cli.ablation.comparison import COSTS, SCORES, Comparison, Variant
from rehead.cli.ablation.figure import colour_of, plot_comparison
from rehead.cli.ablation.prospect import promise
from rehead.cli.ablation.spread import Interval, Spread
from rehead.cli.ablation.words import caveats, explain
from rehead.files import write_atomically, write_json
from rehead.reporting.figures import write_figure
from rehead.reporting.page import drawing, render
from rehead.reporting.wording import THIN_SPACE

_TITLES = {
    "seconds": "training, seconds",
    "processor_seconds": "processor time, seconds",
    "peak_memory_mib": "peak memory, MiB",
    "images_per_second": "images a second",
}


def write_comparison(folder: Path, comparison: Comparison) -> Path:
    """Write the three files into a folder; returns the path of the page."""
    told = [vars(one) for one in explain(comparison)]
    write_json(folder / "comparison.json", comparison.as_dict() | {"in_words": told, "caveats": caveats(comparison)})
    write_figure(folder / "comparison.png", plot_comparison(comparison))
    page = folder / "index.html"
    write_atomically(page, render("ablation.html.j2", _context(comparison)))
    return page


def _context(comparison: Comparison) -> dict[str, Any]:
    variants = comparison.variants
    seeds = sorted({seed for one in variants for seed in one.scores["mask AP"].by_seed})
    return {
        "comparison": comparison,
        "colours": [colour_of(place) for place in range(len(variants))],
        "level": f"{100 * comparison.confidence:.0f}" + THIN_SPACE + "%",
        "explained": explain(comparison),
        "caveats": caveats(comparison),
        "promise": promise(comparison.ceilings) if comparison.ceilings else None,
        "drawing": drawing(plot_comparison(comparison), plot_comparison(comparison, columns=1)),
        "scores": {name: [_score(one.scores[name]) for one in variants] for name in SCORES},
        "differences": {name: [_difference(one, name) for one in variants[1:]] for name in SCORES},
        "costs": {_TITLES[name]: [_cost(one.costs[name]) for one in variants] for name in COSTS},
        "seeds": seeds,
        "each": _each([len(one.scores["mask AP"].by_seed) for one in variants]),
        "by_seed": [(one.value, [one.scores["mask AP"].by_seed.get(seed) for seed in seeds]) for one in variants],
    }


def _each(counts: list[int]) -> str:
    """Say how many seeds each value has."""
    many = str(counts[0]) if len(set(counts)) == 1 else f"{min(counts)} to {max(counts)}"
    return f"{many} seed{'' if many == '1' else 's'} of each"


def _score(found: Spread) -> tuple[float | None, str]:
    """Give a mean, and its interval in words, which ends where scores end."""
    low_high = found.interval and (max(found.interval[0], 0.0), min(found.interval[1], 1.0))
    return found.mean, "{:.3f} to {:.3f}".format(*low_high) if low_high else ""


def _cost(found: Spread) -> tuple[float | None, str]:
    return found.mean, f"{max(found.interval[0], 0.0):.1f} to {found.interval[1]:.1f}" if found.interval else ""


def _difference(variant: Variant, name: str) -> tuple[float | None, str, str]:
    found = variant.differences[name]
    return found.mean, _signed(found.over_seeds), _signed(found.over_images)


def _signed(interval: Interval | None) -> str:
    return "{:+.3f} to {:+.3f}".format(*interval).replace("-", "−") if interval else ""
