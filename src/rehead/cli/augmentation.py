"""The verb that shows what training will see: augment."""

from pathlib import Path
from typing import Annotated

import typer

_DATASET, _PARAMS = Path("data/dataset"), Path("params.yaml")


def augment(
    *,
    out: Annotated[Path, typer.Option("--out", help="The PNG to write.")] = Path("reports/figures/augmentation.png"),
    images: Annotated[int, typer.Option("--images", min=1, max=40, help="Training images, one a row.")] = 6,
) -> None:
    """Draw what `train.augment` makes of your images, with their masks: as they are, and as single epochs see them.

    These are the very pictures that training will get, in its first epochs and its last. Exit code 0: drawn.
    """
    from rehead.cli.variety import draw_variety, epochs_shown, varied_by  # torch, torchvision: 4 to 14 s
    from rehead.dataset.split import load_split
    from rehead.params import read_params
    from rehead.reporting.sheets import write_png
    from rehead.training.plan import TrainPlan

    plan = read_params("train", TrainPlan, path=_PARAMS)
    split = load_split(_DATASET, "train")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_png(out, draw_variety(split, plan, images=images))
    epochs = ", ".join(str(epoch) for epoch in epochs_shown(plan))
    print(f"{out}: {min(images, len(split))} training images as they are, and in epochs {epochs} of {plan.epochs}")
    print(f"train.augment: {varied_by(plan.augment)}")
