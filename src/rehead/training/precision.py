"""Number formats of a training step: what `train.precision` asks for, and what the device can do.

The network's products are computed in the lower format, by torch's autocast; RoIAlign, boxes, losses, weights and the
optimiser stay in float32 (Micikevicius et al. 2018, Mixed Precision Training).
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch.nn import functional
from torchvision.ops import roi_align

from rehead.training.plan import PrecisionName

_DTYPES: dict[PrecisionName, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
_FIRST_SCALE = 2.0**16
"""Of float16 losses; halved until no gradient overflows."""
_LEAST_SCALE = 1.0
"""Gradients that overflow even at this scale are not too large for float16: the training has diverged."""


@dataclass(frozen=True)
class Precision:
    """A number format on a device on which it works."""

    dtype: torch.dtype
    device: torch.device

    def autocast(self) -> AbstractContextManager[object]:
        """Compute products in this format within the block; in float32 the block changes nothing."""
        return torch.autocast(self.device.type, dtype=self.dtype, enabled=self.dtype != torch.float32)

    def scaler(self) -> torch.amp.GradScaler:
        """Give what keeps small gradients of float16 above zero; for other formats it passes everything on."""
        return torch.amp.GradScaler(self.device.type, init_scale=_FIRST_SCALE, enabled=self.dtype == torch.float16)


def may_overflow(scaler: torch.amp.GradScaler) -> bool:
    """Tell whether a gradient that is not finite may come from the scale of the loss alone; the step is left out."""
    return scaler.is_enabled() and scaler.get_scale() > _LEAST_SCALE


def precision_of(asked: PrecisionName, device: torch.device) -> Precision:
    """Choose the format for a device: `auto` is bfloat16 on a GPU that has it, float16 on others, float32 on a CPU.

    Raises ValueError that names device and format where the device does not have it, or an operator is missing.
    """
    if asked == "auto":
        asked = "float32" if device.type == "cpu" else "bfloat16" if has_bfloat16(device) else "float16"
    elif (asked == "float16" and device.type == "cpu") or (asked == "bfloat16" and not has_bfloat16(device)):
        raise ValueError(
            f"train.precision: {asked}, but {name_of(device)} has no units for it and would train more slowly than in "
            "float32: take auto, or float32"
        )
    precision = Precision(_DTYPES[asked], device)
    _try(precision, asked)
    return precision


def has_bfloat16(device: torch.device) -> bool:
    """Tell whether the device multiplies bfloat16 itself; emulated it takes longer than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    units = torch.cpu.get_capabilities()
    return bool(units.get("avx512_bf16") or units.get("amx_bf16"))


def name_of(device: torch.device) -> str:
    """Name a device as its user knows it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "this CPU"


def _try(precision: Precision, asked: str) -> None:
    """Run the two operators of a detector that are not in every build, forward and backward, on next to nothing."""
    device = precision.device
    image = torch.ones(1, 1, 4, 4, device=device, requires_grad=True)
    box = torch.tensor([[0.0, 0.0, 0.0, 3.0, 3.0]], device=device)
    try:
        with precision.autocast():
            features = functional.conv2d(image, torch.ones(1, 1, 1, 1, device=device))
            roi_align(features, box, 2).sum().backward()
    except (RuntimeError, NotImplementedError) as error:
        fault = str(error).strip().splitlines()[0]
        raise ValueError(
            f"train.precision: {asked} does not work on {name_of(device)} with torch {torch.__version__}: {fault}; "
            "do torch and torchvision belong together and to this driver?"
        ) from error
