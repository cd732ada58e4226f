"""What each epoch learned and scored, which one was best, and the table of it."""

import csv
import io
import math
from dataclasses import dataclass, field
from pathlib import Path

from rehead.files import write_atomically
from rehead.training.loop import Epoch

COLUMNS = (
    "epoch", "loss", "loss_classifier", "loss_box_reg", "loss_mask", "loss_objectness", "loss_rpn_box_reg",
    "lr", "gradient_norm", "images_per_second", "val_loss", "val_box_AP", "val_mask_AP", "seconds",
)  # fmt: skip

_VALIDATED = ("val_loss", "val_box_AP", "val_mask_AP")

Row = dict[str, float | int | None]


@dataclass
class History:
    """Rows of finished epochs, oldest first; a score is None where there is nothing to find."""

    rows: list[Row] = field(default_factory=list)

    def add(self, epoch: Epoch, *, box_ap: float | None, mask_ap: float | None, loss: float | None = None) -> bool:
        """Add an epoch and its validation; tells whether it is the best so far."""
        row: Row = {
            "epoch": epoch.number,
            **epoch.losses,
            "lr": epoch.steps[-1].lr,
            "gradient_norm": sum(step.gradient_norm for step in epoch.steps) / len(epoch.steps),
            "images_per_second": epoch.images_per_second,
            "val_loss": loss,
            "val_box_AP": box_ap,
            "val_mask_AP": mask_ap,
            "seconds": epoch.seconds,
        }
        self.rows.append(row)
        return self.best is row

    def points(self, epoch: Epoch) -> list[tuple[str, float, int]]:
        """Give the losses, gradient norms and rates of an epoch's steps and its scores as (metric, value, step)."""
        points = [(f"train/{name}", value, step.number) for step in epoch.steps for name, value in step.losses.items()]
        for step in epoch.steps:
            points += [("train/gradient_norm", step.gradient_norm, step.number), ("train/lr", step.lr, step.number)]
        scores = {name.replace("_", "/", 1): self.rows[-1].get(name) for name in _VALIDATED}
        return points + [
            (name, float(value), epoch.steps[-1].number) for name, value in scores.items() if value is not None
        ]

    def line(self) -> str:
        """Say in one line what the last epoch came to."""
        row = self.rows[-1]
        scores = ", ".join(
            f"{head} AP {row[f'val_{head}_AP']:.3f}" for head in ("box", "mask") if row[f"val_{head}_AP"] is not None
        )
        unseen = "" if row.get("val_loss") is None else f" ({row['val_loss']:.3f} in validation)"
        told = f"epoch {row['epoch']}: loss {row['loss']:.3f}{unseen}, {row['images_per_second']:.1f} images/s"
        return f"{told}, {scores}" if scores else told

    @property
    def best(self) -> Row:
        """Give the row with the best validation mask AP, which counts as zero where there is nothing to find.

        Of several, as before anything is found, it is the one with the least validation loss, and then the first.
        """
        return max(self.rows, key=_merit)

    def has_settled(self, patience: int | None) -> bool:
        """Tell whether there was no better row for so many epochs; None waits for ever."""
        if patience is None or not self.rows:
            return False
        return int(self.rows[-1]["epoch"] or 0) - int(self.best["epoch"] or 0) >= patience

    def total(self, column: str) -> float:
        """Add up a column."""
        return sum(float(row[column] or 0.0) for row in self.rows)

    def write_csv(self, path: Path) -> None:
        """Write one line an epoch."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _short(row.get(name)) for name in COLUMNS} for row in self.rows)
        write_atomically(path, text.getvalue())


def _merit(row: Row) -> tuple[float, float]:
    loss = row.get("val_loss")
    return float(row["val_mask_AP"] or 0.0), -math.inf if loss is None else -float(loss)


def _short(value: float | int | None) -> str:
    return "" if value is None else f"{value:.6g}"
