"""The detector that training would start from: the pipeline's own if it fits the settings, else one built now."""

from dataclasses import dataclass
from pathlib import Path

from torch.hub import get_dir
from torchvision.models import get_model_weights, list_models

from rehead.cli.doctor.subject import Subject
from rehead.detector.architectures import ARCHITECTURES
from rehead.detector.build import Detector, best_device
from rehead.detector.checkpoint import CONFIG, load_detector, tile_of
from rehead.detector.plan import ModelPlan
from rehead.detector.weights import first_detector
from rehead.files import read_json
from rehead.tracking.models import downloaded_weights


@dataclass(frozen=True)
class Start:
    """A detector, where it comes from, and the file that must be fetched before it has its real weights."""

    detector: Detector
    told: str
    missing: str | None = None


def find_start(subject: Subject) -> Start:
    """Load or build the detector; raises ValueError for weights that are damaged, unknown or do not fit.

    Nothing large is fetched: where weights are not on this machine yet, random ones stand in for them.
    """
    plan, classes, initial = subject.plans.model, subject.train.classes, subject.initial
    if initial is not None and _belongs(initial, subject):
        return Start(load_detector(initial), f"{initial}")
    missing = _to_fetch(plan)
    source = plan.model_copy(update={"weights": "none"}) if missing else plan
    tile = subject.plans.data.tile
    detector = first_detector(source, classes, tile=tile, file=downloaded_weights(source.weights)).detector
    detector.model.to(best_device())
    told = f"built from {plan.weights}" + (", which random numbers stand for" if missing else "")
    return Start(detector, told + (f", since {initial} is of other settings" if initial else ""), missing)


def _belongs(initial: Path, subject: Subject) -> bool:
    """Tell whether the saved detector is of these settings and classes."""
    config = read_json(initial / CONFIG)
    return (
        ModelPlan.model_validate(config["model"]) == subject.plans.model
        and tuple(config["classes"]) == subject.train.classes
        and tile_of(config) == subject.plans.data.tile
    )


def _to_fetch(plan: ModelPlan) -> str | None:
    """Name the file of torchvision's that is not in its cache yet; None for weights of any other kind."""
    model = plan.arch if plan.weights == "COCO_V1" else ARCHITECTURES[plan.arch].trunk
    known = get_model_weights(model).__members__ if model in list_models() else {}
    if plan.weights not in known:
        return None
    name = str(known[plan.weights].url.rpartition("/")[2])
    return None if (Path(get_dir()) / "checkpoints" / name).is_file() else name
