"""Small detectors with any mask head, taught a little, and what they draw."""

from dataclasses import dataclass

import torch
from torch import Tensor

from rehead.detector.build import Detector, build_detector
from rehead.detector.mask_heads.pointrend import PointRendPredictor
from rehead.detector.mask_heads.points import FineMaps
from rehead.detector.plan import MaskHeadName, ModelPlan
from rehead.evaluation.prediction import predict_image

SMALL = {"input_size": 64, "fpn_channels": 8, "box_head": 8, "mask_layers": (8,), "max_detections": 10}
CLASSES = ("nut", "bolt")


@dataclass(frozen=True)
class Trained:
    """A detector after some steps, and the mask loss of each."""

    detector: Detector
    losses: list[float]


def detector_with(head: MaskHeadName) -> Detector:
    torch.manual_seed(0)
    return build_detector(ModelPlan.model_validate({**SMALL, "weights": "none", "mask_head": head}), CLASSES)


def image() -> Tensor:
    return torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(3))


def target(objects: int = 1) -> dict[str, Tensor]:
    mask = torch.zeros(1, 64, 64, dtype=torch.uint8)
    mask[0, 10:40, 12:50] = 1
    boxes, labels = torch.tensor([[12.0, 10.0, 50.0, 40.0]]), torch.tensor([2])
    return {"boxes": boxes[:objects], "labels": labels[:objects], "masks": mask[:objects]}


def mask_parameters(detector: Detector) -> dict[str, torch.nn.Parameter]:
    return {n: p for n, p in detector.model.named_parameters() if n.startswith("roi_heads.mask_")}


def train_masks(detector: Detector, *, steps: int) -> Trained:
    """Let the mask branch learn one batch, the same RoIs again and again."""
    detector.model.train()
    optimizer = torch.optim.Adam(mask_parameters(detector).values(), lr=0.01)
    losses = []
    for _ in range(steps):
        torch.manual_seed(1)
        loss = detector.model([image()], [target()])["loss_mask"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    detector.model.eval()
    return Trained(detector, losses)


def masks_in_boxes(detector: Detector) -> Tensor:
    """Give the masks of an image as the heads draw them, before they are pasted; N,1,M,M."""
    model = detector.model.eval()
    with torch.inference_mode():
        images, _ = model.transform([image()])
        features = model.backbone(images.tensors)
        proposals, _ = model.rpn(images, features)
        masks: Tensor = model.roi_heads(features, proposals, images.image_sizes)[0][0]["masks"]
    return masks


def boxed_logits(detector: Detector, *, label: int) -> Tensor:
    """Give the logits of one class's masks for fixed features, corrected at points where the head does so."""
    heads = detector.model.roi_heads.eval()
    generator = torch.Generator().manual_seed(2)
    features, fine = torch.rand(3, 8, 14, 14, generator=generator), torch.rand(1, 8, 16, 16, generator=generator)
    boxes = torch.tensor([[0.0, 0.0, 60.0, 60.0], [10.0, 10.0, 30.0, 40.0], [50.0, 5.0, 64.0, 64.0]])
    with torch.inference_mode():
        coarse: Tensor = heads.mask_predictor(heads.mask_head(features))[:, label : label + 1]
        if not isinstance(heads.mask_predictor, PointRendPredictor):
            return coarse
        return heads.mask_predictor.refine(coarse, torch.full((3,), label), FineMaps(fine, [boxes], 4))


def predictions(detector: Detector) -> tuple[object, ...]:
    found = predict_image(detector, image())
    return found.boxes_n4.tobytes(), found.scores_n.tobytes(), tuple(str(mask) for mask in found.masks)
