"""What the model started from and which of its parts learned, as the report's tables show it."""

from dataclasses import dataclass

from rehead.reporting.rows import Facts

_STARTS = {
    "carried": "the weights' rows of this class",
    "mean": "new: fresh scores; box and mask as the mean of the known classes",
    "fresh": "new: fresh",
}


@dataclass(frozen=True)
class ModuleRow:
    """One part of the model: its modules, parameters, and whether it learned, or from which epoch on."""

    part: str
    modules: str
    parameters: int
    learned: bool
    words: str


def module_rows(training: Facts) -> list[ModuleRow]:
    """List the parts of the model from the image to the heads; older reports have none."""
    rows = []
    for row in training.get("modules") or []:
        names, thaws = row["modules"], row.get("thaws")
        rows.append(
            ModuleRow(
                part=row["part"].replace("_", " "),
                modules=names[0] if len(names) == 1 else f"{names[0]} to {names[-1].rpartition('.')[2]}",
                parameters=row["parameters"],
                learned=row["state"] == "learning" or thaws is not None,
                words=row["state"] if thaws is None else f"frozen before epoch {thaws}",
            )
        )
    return rows


def thawed_in_vain(training: Facts) -> bool:
    """Tell whether the epoch that was kept came before the thaw."""
    thaws = [row["thaws"] for row in training.get("modules") or [] if row.get("thaws") is not None]
    return bool(thaws) and (training.get("best_epoch") or 0) < min(thaws)


def start_rows(heads: Facts) -> list[tuple[str, bool, str]]:
    """List each class with whether its rows were carried over, and where they come from in words."""
    return [(row["name"], row["start"] == "carried", _STARTS[row["start"]]) for row in heads.get("classes") or []]
