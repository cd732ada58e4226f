"""The HTML page about a dataset: can it be used, what is wrong with it, what is it like, which pictures are worst."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehead.coco.kinds import KINDS
from rehead.coco.measurements import measure
from rehead.coco.records import Dataset
from rehead.coco.statistics import distinct
from rehead.files import write_atomically
from rehead.reporting.contact_sheet import Tile, compose_sheet, draw_tiles
from rehead.reporting.data_figures import draw_data_figures, plot_objects, split_colour
from rehead.reporting.data_rows import class_bars, statistic_rows
from rehead.reporting.page import Drawing, drawing, render
from rehead.reporting.rows import ACTIONS, Facts, FaultRow, fault_rows
from rehead.reporting.sheets import write_png
from rehead.reporting.wording import percent, plain
from rehead.reporting.worst_cases import GROUPS

_MOST_CLASSES = 24


def draw_pictures(
    folder: Path, report: Facts, *, splits: Mapping[str, Dataset], written: Mapping[str, Dataset]
) -> list[Tile]:
    """Draw classes.png, objects.png and contact_sheet.png into `folder`; returns the tiles of the sheet.

    `report` is reports/ingest.json, `splits` whole images as they were read, `written` those in the canonical dataset.
    """
    measured = {name: measure([data]) for name, data in distinct(splits).items()}
    draw_data_figures(folder, measured, tile=report["statistics"]["tile"])
    tiles = draw_tiles(written)
    names = {category.id: category.name for category in written["train"].categories}
    write_png(folder / "contact_sheet.png", compose_sheet(tiles, names))
    return tiles


def write_ingest_page(path: Path, report: Facts, *, splits: Mapping[str, Dataset], tiles: Sequence[Tile] = ()) -> None:
    """Write the page of a dataset as one self-contained HTML file.

    `report` is reports/ingest.json, or the report of a check with its statistics. `splits` are drawn as figures,
    `tiles` are the pictures of the contact sheet; there may be none.
    """
    faults, statistics = fault_rows(report), report["statistics"]
    tile = statistics["tile"]
    if not statistics["all"]["images"]:
        statistics = None
    columns, rows = statistic_rows(statistics) if statistics else ([], [])
    counts = {action: sum(fault.count for fault in faults if fault.action == action) for action in ACTIONS}
    context: dict[str, Any] = {
        "report": report,
        "name": Path(str(report["target"])).name or str(report["target"]),
        "verdict": _verdict(report, faults, counts),
        "faults": faults,
        "counts": {action: count for action, count in counts.items() if count},
        "actions": ACTIONS,
        "choices": {fault.code: _choice(fault) for fault in faults},
        "columns": columns,
        "rows": rows,
        "input_sizes": [_input_size(row) for row in statistics["all"]["input_sizes"]] if statistics else [],
        "classes": class_bars(statistics) if statistics else [],
        "most_classes": _MOST_CLASSES,
        "colours": {split: split_colour(split) for split in columns[1:]},
        "drawing": _drawing(splits, tile),
        "groups": [(title, [one for one in tiles if one.group == group]) for group, title in GROUPS.items()],
        "tile": tile,
    }
    write_atomically(path, render("ingest.html.j2", context))


def _verdict(report: Facts, faults: Sequence[FaultRow], counts: Mapping[str, int]) -> str:
    """Say in a sentence what was done about the faults, or what has to be."""
    if not report["usable"]:
        kinds = sum(fault.action == "reject" for fault in faults)
        many = f"{_faults(counts['reject'])} of {kinds} kinds" if kinds > 1 else _faults(counts["reject"])
        return f"{many} must be put right first: where they are and how to mend them stands below."
    told = [f"{plain(count)} {ACTIONS[action]}" for action, count in counts.items() if count]
    return f"{_faults(sum(counts.values()))}: {', '.join(told)}." if told else "Not one fault was found."


def _choice(fault: FaultRow) -> str:
    """Name what a policy may do about a fault that refuses the dataset: mend the record, else leave it out."""
    possible = KINDS[fault.code].actions if fault.code in KINDS and fault.action == "reject" else ()
    return next((action for action in ("repair", "drop", "warn") if action in possible), "")


def _faults(number: int) -> str:
    return f"{plain(number)} fault{'' if number == 1 else 's'}"


def _input_size(row: Facts) -> tuple[str, list[str]]:
    shares = [*row["at_least"].values(), row["small"], row["medium"], row["large"]]
    return plain(row["input_size"]), [percent(share) for share in shares]


def _drawing(splits: Mapping[str, Dataset], tile: int | None) -> Drawing | None:
    measured = {name: measure([data]) for name, data in distinct(splits).items()}
    if not any(len(one.areas_m) for one in measured.values()):
        return None
    return drawing(*(plot_objects(measured, columns=columns, tile=tile) for columns in (2, 1)))
