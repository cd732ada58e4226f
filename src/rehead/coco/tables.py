"""One category table for all splits: a label must mean the same class in each of them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rehead.coco.faults import FaultLog, shortened
from rehead.coco.records import Category, Dataset


def check_tables(splits: Mapping[str, Dataset], files: Mapping[str, Path], log: FaultLog) -> dict[str, Dataset]:
    """Compare the category tables of the splits; returns the splits, under the table of all where that is repaired.

    A class that one table lacks can be added to it. An id with two names, or a name with two ids, leaves open which
    of them is meant.
    """
    united: dict[int, Category] = {}
    ids: dict[str, int] = {}
    repaired = False
    for name, data in splits.items():
        table = {category.id: category.name for category in data.categories}
        known = {number: category.name for number, category in united.items()}
        if united and table != known:
            clashes: dict[int, tuple[object, object]] = {
                n: (known[n], table[n]) for n in table if n in known and known[n] != table[n]
            }
            clashes |= {n: (ids[c], n) for n, c in table.items() if c in ids and ids[c] != n and n not in clashes}
            code = "categories-conflict" if clashes else "categories-differ"
            text = f"the categories of {name} differ from those before: {shortened(clashes or _apart(table, known))}"
            repaired |= log.add(code, files[name], "categories", text) == "repair"
        united |= {category.id: category for category in data.categories if category.id not in united}
        ids = {category.name: category.id for category in united.values()}
    return {n: replace(data, categories=tuple(united.values())) if repaired else data for n, data in splits.items()}


def _apart(table: Mapping[int, str], known: Mapping[int, str]) -> list[tuple[int, str]]:
    """List the classes that one of two tables lacks."""
    return sorted(set(table.items()) ^ set(known.items()))[:6]
