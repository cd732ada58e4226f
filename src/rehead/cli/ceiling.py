"""The verb that tells what a mask resolution can be worth, before any training: ceiling."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from rehead.evaluation.ceiling import Ceilings

_DATASET = Path("data/dataset")
_INPUT_SIZE = (
    "Shorter side in pixels at which the network sees the images; default: as they are. It does not change the grid "
    "of R x R numbers, which is laid over each object's box: it changes how many pixels of truth fall into it."
)


def ceiling(
    target: Annotated[Path, typer.Argument(metavar="[DATASET|COCO_JSON]", help="Where the true masks are.")] = _DATASET,
    *,
    split: Annotated[str, typer.Option("--split", help="Split of a dataset.")] = "val",
    resolutions: Annotated[str, typer.Option("--resolutions", help="Sides of the mask, with commas.")] = "14,28,56,112",
    input_size: Annotated[int | None, typer.Option("--input-size", min=32, max=4096, help=_INPUT_SIZE)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the ceilings as JSON.")] = False,
) -> None:
    """Score a perfect mask head at each resolution: what a finer mask can win on this data, without any training.

    Each true mask is resampled to R x R in its own box as a training target is, and pasted back as a prediction is.
    Exit code 0: scored, 1: the truth was rejected.
    """
    sides = _sides(resolutions)
    if not target.exists():
        cure = "run `dvc repro ingest` first, or " if target == _DATASET else ""
        raise ValueError(f"{target} does not exist: {cure}give the path of a dataset or of a COCO JSON")
    from rich.console import Console

    from rehead.cli.ablation.prospect import promise  # with these torch and torchvision: 8 to 14 s
    from rehead.cli.truth import read_truth
    from rehead.evaluation.ceiling import MOST_OBJECTS, ceilings
    from rehead.progress import progress

    truth = read_truth(target, split=split)
    objects = min(sum(not one["iscrowd"] for one in truth.document["annotations"]), MOST_OBJECTS)
    with progress("masks resampled", objects) as bar:
        found = ceilings(truth.document, sides, input_size=input_size, on_object=bar.advance)
    if as_json:
        print(json.dumps(asdict(found) | {"dataset": truth.dataset, "in_words": promise(found)}, indent=2))
        return
    console = Console()
    console.print(_table(found))
    print(_about(found, str(truth.dataset["file"]), truth.dataset["fingerprint"] or truth.dataset["sha256"]))
    for line in _worst(found):
        print(line)
    print(promise(found))


def _sides(text: str) -> list[int]:
    """Read resolutions such as 28,56; raises a usage error for anything else."""
    try:
        sides = sorted({int(part) for part in text.split(",")})
    except ValueError:
        sides = []
    if not sides or not 2 <= sides[0] <= sides[-1] <= 512:
        raise typer.BadParameter(
            f"{text!r}: whole numbers from 2 to 512 with commas, such as 28,56", param_hint="--resolutions"
        )
    return sides


def _table(found: "Ceilings") -> "Table":
    """Lay out the scores by resolution; a dash where no object has the size."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="dim")
    for title in ("side", "mask AP", "AP50", "AP75", *found.objects_by_size, "boundary AP", "mean IoU"):
        table.add_column(title, justify="right")
    for one in found.by_resolution:
        numbers = (*one.mask.values(), one.boundary["AP"], one.mean_iou)
        table.add_row(str(one.resolution), *("-" if n is None else f"{n:.3f}" for n in numbers))
    return table


def _about(found: "Ceilings", file: str, digest: str) -> str:
    """Say what was scored, and that it was a part if it was one."""
    part = "" if found.objects == found.objects_in_all else f", drawn by whole images from {found.objects_in_all}"
    seen = f", seen at {found.input_size} px" if found.input_size else ""
    sizes = ", ".join(f"{count} {size}" for size, count in found.objects_by_size.items())
    return f"{found.objects} objects ({sizes}){part}, of {found.images} images{seen}; {file}, {digest[:12]}"


def _worst(found: "Ceilings") -> list[str]:
    """List the objects that lose most, with what each resolution keeps of them."""
    from rehead.reporting.wording import shortened  # jinja2's escaping: 0.1 s

    lines = ["what loses most (mask IoU by resolution):"] if found.worst else []
    for one in found.worst:
        kept = ", ".join(f"{side}: {iou:.2f}" for side, iou in one.iou.items())
        box = "x".join(f"{side:.0f}" for side in one.bbox[2:])
        at = ",".join(f"{side:.0f}" for side in one.bbox[:2])
        lines.append(f"  {one.category} of {box} px at {at} in {shortened(one.image, longest=40)}: {kept}")
    return lines
