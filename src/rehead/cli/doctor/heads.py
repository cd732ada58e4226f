"""The heads: K+1 outputs, background first, for the classes of the dataset in the order of their labels."""

from collections.abc import Iterator, Sequence

import torch

from rehead.cli.doctor.finding import Finding, Remark, finding_of
from rehead.dataset.split import Split
from rehead.detector.build import Detector

_NAMED = 3
_SWAP = "`dvc repro swap_heads` builds the heads anew"


def judge_heads(detector: Detector, splits: Sequence[Split], *, told: str, whole: bool = True) -> Finding:
    """Compare the detector with the truth that it is to learn; `told` says where it comes from.

    Where the splits are not `whole`, a class without objects says nothing.
    """
    classes = splits[0].classes
    remarks = [*_outputs(detector, len(classes)), *_names(detector, classes), *_weights(detector)]
    for split in splits:
        remarks += [*_labels(split), *(_unseen(split) if whole and split.name == "train" else ())]
    number = len(classes)
    shape = f"{number + 1} box scores and masks, {4 * (number + 1)} box offsets for {number} classes and background"
    numbers = {"classes": list(classes), "outputs": outputs_of(detector)}
    return finding_of("heads", f"{shape}; labels 1 to {number}; {told}", remarks, numbers=numbers)


@torch.no_grad()
def outputs_of(detector: Detector) -> dict[str, int]:
    """Count what each predictor puts out; the mask branch is asked with an empty picture, since its layers differ."""
    heads = detector.model.roi_heads
    channels = detector.model.backbone.out_channels
    device = next(detector.model.parameters()).device
    bins = heads.mask_roi_pool.output_size
    before = heads.training
    heads.eval()
    try:
        masks = heads.mask_predictor(heads.mask_head(torch.zeros(1, channels, *bins, device=device)))
    finally:
        heads.train(before)
    return {
        "box scores": int(heads.box_predictor.cls_score.out_features),
        "box offsets": int(heads.box_predictor.bbox_pred.out_features),
        "masks": int(masks.shape[1]),
    }


def _outputs(detector: Detector, number: int) -> Iterator[Remark]:
    wanted = {"box scores": number + 1, "box offsets": 4 * (number + 1), "masks": number + 1}
    for name, found in outputs_of(detector).items():
        if found != wanted[name]:
            why = ": one for background is missing" if found * (number + 1) == wanted[name] * number else ""
            text = f"{name}: {found} outputs, not {wanted[name]}, for {number} classes and background{why}"
            yield Remark("fail", text, f"heads need K+1 rows, row 0 is background; {_SWAP}")


def _names(detector: Detector, classes: Sequence[str]) -> Iterator[Remark]:
    if tuple(detector.classes) == tuple(classes):
        return
    pairs = enumerate(zip(detector.classes, classes, strict=False), start=1)
    first = next((f"label {n} is {own!a}, in the data {other!a}" for n, (own, other) in pairs if own != other), "")
    counts = f"it has {len(detector.classes)} classes, the data {len(classes)}"
    yield Remark("fail", f"the detector's classes are not the dataset's: {first or counts}", _SWAP)


def _weights(detector: Detector) -> Iterator[Remark]:
    bad = [name for name, value in detector.model.state_dict().items() if not torch.isfinite(value).all()]
    if bad:
        told = f"{len(bad)} tensors of the weights are not finite, such as {bad[0]}"
        yield Remark("fail", told, "the weights are damaged: name others as model.weights")


def _labels(split: Split) -> Iterator[Remark]:
    """Check that categories are numbered 1..K in the order of the classes, and that no annotation has another."""
    number = len(split.classes)
    ids = [category["id"] for category in split.truth["categories"]]
    used = {a["category_id"] for a in split.truth["annotations"]}
    beyond = sorted(used - set(range(1, number + 1)))
    cure = "`dvc repro ingest` writes the canonical dataset anew, with labels 1 to K; 0 would be background"
    if ids != list(range(1, number + 1)):
        yield Remark("fail", f"{split.name}: categories are numbered {_listed(ids)}, not 1 to {number}", cure)
    elif beyond:
        yield Remark("fail", f"{split.name}: annotations have the labels {_listed(beyond)} beyond 1 to {number}", cure)


def _unseen(split: Split) -> Iterator[Remark]:
    used = {a["category_id"] for a in split.truth["annotations"]}
    unseen = [name for label, name in enumerate(split.classes, start=1) if label not in used]
    if unseen:
        told = f"{len(unseen)} classes have no object in the training images, such as {_listed(unseen)}"
        yield Remark("warn", told, "nothing of them can be learned from these images")


def _listed(values: Sequence[object]) -> str:
    shown = ", ".join(map(str, values[:_NAMED]))
    return f"{shown} and {len(values) - _NAMED} more" if len(values) > _NAMED else shown
