"""Advice on architecture and weights: they stay, since better ones must be fetched, and the reasons name them."""

from rehead.cli.advice import Advice, Survey
from rehead.cli.plans import Plans

_OWN_ARCH, _OWN_WEIGHTS = "maskrcnn_mobilenet_v2_fpn", "rehead_shapes"
_LARGE = "maskrcnn_resnet50_fpn_v2"


def advise_arch(survey: Survey, plans: Plans) -> Advice:
    """Keep the architecture, and name the one for photographs and a GPU."""
    arch = plans.model.arch
    if "mobilenet" not in arch:
        slow = "" if survey.memory.gpu else "; slow without a GPU"
        return Advice("model", "arch", arch, f"as it was{slow}")
    seen = "there is a GPU: " if survey.memory.gpu else "learns without a GPU; with one, "
    return Advice("model", "arch", arch, f"{seen}{_LARGE} is better with photographs")


def advise_weights(survey: Survey, plans: Plans) -> Advice:
    """Keep the weights, and name those that fit photographs, or the architecture."""
    arch, weights = plans.model.arch, plans.model.weights
    if weights != _OWN_WEIGHTS:
        return Advice("model", "weights", weights, "as it was")
    if arch != _OWN_ARCH:
        fitting = "COCO_V1" if "resnet50" in arch else "IMAGENET1K_V1"
        return Advice("model", "weights", weights, f"of drawn shapes, and not for {arch}: {fitting} (fetched once) is")
    return Advice("model", "weights", weights, "of drawn shapes; COCO_V1 (fetched once) is of photographs")
