"""Statistics of a dataset into the rows of its page: numbers in words, and bars of objects by class and split."""

from collections.abc import Callable
from dataclasses import dataclass

from rehead.reporting import palette
from rehead.reporting.data_figures import split_colour
from rehead.reporting.rows import Facts
from rehead.reporting.wording import percent, plain


@dataclass(frozen=True)
class ClassBar:
    """A class: its colour on the pictures, its objects in all and by split with colour and share of the longest bar."""

    name: str
    colour: str
    objects: int
    images: int
    parts: tuple[tuple[str, int, str, float], ...]


def statistic_rows(statistics: Facts) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Lay out all splits and each beside each other: the columns' names, and rows of a name and its cells."""
    splits = statistics["splits"] if len(statistics["splits"]) > 1 else {}
    columns = {"all": statistics["all"], **{name: facts for name, facts in splits.items() if name != "all"}}
    return list(columns), [(name, [tell(facts) for facts in columns.values()]) for name, tell in _ROWS.items()]


def class_bars(statistics: Facts) -> list[ClassBar]:
    """List classes, the most frequent first; a class keeps the colour of its place in the table."""
    everything, splits = statistics["all"]["classes"], statistics["splits"]
    longest = max([1, *(one["objects"] for one in everything)])
    by_split = {split: {one["name"]: one["objects"] for one in facts["classes"]} for split, facts in splits.items()}
    bars = [
        ClassBar(
            name=one["name"],
            colour=palette.as_hex(palette.colour(place)) if len(everything) > 1 else "transparent",
            objects=one["objects"],
            images=one["images"],
            parts=tuple(
                (split, counts.get(one["name"], 0), split_colour(split), counts.get(one["name"], 0) / longest)
                for split, counts in by_split.items()
            ),
        )
        for place, one in enumerate(everything)
    ]
    return sorted(bars, key=lambda bar: -bar.objects)


def _part(number: int, whole: int) -> str:
    return f"{plain(number)} ({percent(number / whole)})" if whole and number else plain(number)


def _between(spread: Facts | None, unit: str = "") -> str:
    if spread is None:
        return "–"
    return f"{_short(spread['tenth'])} to {_short(spread['ninetieth'])}{unit}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _crowding(facts: Facts) -> str:
    spread = facts["objects_an_image"]
    return "–" if spread is None else f"{_short(spread['median'])}, {plain(int(spread['largest']))}"


def _sizes(facts: Facts) -> str:
    return (
        ", ".join(percent(facts[name] / facts["objects"]) for name in ("small", "medium", "large"))
        if facts["objects"]
        else "–"
    )


def _overlap(facts: Facts) -> str:
    shares = facts["overlapping"]
    return "–" if shares is None else ", ".join(map(percent, shares.values()))


_ROWS: dict[str, Callable[[Facts], str]] = {
    "images": lambda facts: plain(facts["images"]),
    "images without objects": lambda facts: _part(facts["empty_images"], facts["images"]),
    "objects": lambda facts: plain(facts["objects"]),
    "crowd regions, which are ignored": lambda facts: plain(facts["crowd_regions"]),
    "objects in an image: median, most": _crowding,
    "images with more than 100 objects": lambda facts: _part(facts["above_limit"]["100"], facts["images"]),
    "object size, eight of ten": lambda facts: _between(facts["object_sizes"], " px"),
    "small, medium, large (32² and 96² px)": _sizes,
    "width to height, eight of ten": lambda facts: _between(facts["aspect_ratios"]),
    "touching the border": lambda facts: _part(facts["touching_border"], facts["objects"]),
    "overlapping a box, IoU above 0.1, above 0.5": _overlap,
}
