"""The two predictors, the only layers that know the number of classes, and their replacement.

The box predictor scores K+1 classes and regresses 4 numbers for each; the mask predictor draws one mask for each
(He et al. 2017, section 3). Row 0 is background.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor

from rehead.detector.mask_heads.predictor import MaskPredictor


def swap_heads(model: MaskRCNN, classes: Sequence[str], *, known: Sequence[str] = ()) -> tuple[str, ...]:
    """Replace both predictors for K classes plus background; returns the classes whose rows were carried over.

    `known` names the classes that the present predictors were trained on; without them every row starts fresh. A class
    of the same name keeps its rows. A new class starts with random scores, and with the mean of the known classes'
    boxes and masks: how to outline an object differs less between classes than what to call it. The mask predictor's
    deconvolutions know no class and stay.
    """
    heads = model.roi_heads
    old_box, old_mask = heads.box_predictor, heads.mask_predictor
    heads.box_predictor = FastRCNNPredictor(old_box.cls_score.in_features, len(classes) + 1)
    heads.mask_predictor = old_mask.for_outputs(len(classes) + 1)
    if not known:
        return ()
    _copy_classless(old_mask, heads.mask_predictor)
    rows = [known.index(name) + 1 if name in known else None for name in classes]
    carried = tuple(name for name in classes if name in known)
    background = 0 if carried else None
    _copy_rows(old_box.cls_score, heads.box_predictor.cls_score, [background, *rows], outputs=1, fill=False)
    _copy_rows(old_box.bbox_pred, heads.box_predictor.bbox_pred, [0, *rows], outputs=4, fill=True)
    for name in old_mask.class_layers:
        before, after = (mask.get_submodule(name) for mask in (old_mask, heads.mask_predictor))
        _copy_rows(before, after, [0, *rows], outputs=1, fill=True)
    return carried


def _copy_classless(old: MaskPredictor, new: MaskPredictor) -> None:
    """Copy the layers that know no class."""
    classes = tuple(f"{name}." for name in old.class_layers)
    kept = {name: value for name, value in old.state_dict().items() if not name.startswith(classes)}
    new.load_state_dict(new.state_dict() | kept)


@torch.no_grad()
def _copy_rows(old: nn.Module, new: nn.Module, sources: Sequence[int | None], *, outputs: int, fill: bool) -> None:
    """Copy each class's `outputs` rows from its source; without one, take the mean of the known classes if `fill`."""
    for name in ("weight", "bias"):
        before, after = (_by_class(getattr(layer, name), outputs) for layer in (old, new))
        mean = before[1:].mean(dim=0)
        for row, source in enumerate(sources):
            if source is not None:
                after[row] = before[source]
            elif fill:
                after[row] = mean


def _by_class(values: Tensor, outputs: int) -> Tensor:
    """View rows as (classes, outputs a class, ...)."""
    return values.view(-1, outputs, *values.shape[1:])
