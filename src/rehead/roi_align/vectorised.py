"""RoIAlign for many boxes at once in plain torch, differentiable in the features and in the boxes.

Bilinear reading is separable: the weight of a pixel is a tent along y times a tent along x, and so is the mean over a
bin's samples. So every box becomes two small matrices, and pooling is `rows @ features @ columns.T`. Nothing is
gathered or scattered, hence the gradient is deterministic on every device.

Shapes: features N,C,H,W; rois K,5 as (image index, x1, y1, x2, y2); result K,C,P,P.
"""

import torch
from torch import Tensor


def roi_align(
    features_nchw: Tensor, rois_k5: Tensor, *, size: int, scale: float, samples: int = 0, aligned: bool = False
) -> Tensor:
    """Pool boxes as torchvision.ops.roi_align does; `samples` 0 means one sample a feature pixel, box by box."""
    height, width = features_nchw.shape[-2:]
    image_k, x1_k, y1_k, x2_k, y2_k = rois_k5.unbind(dim=1)
    rows_kph = axis_weights(y1_k * scale, y2_k * scale, size=size, pixels=height, samples=samples, aligned=aligned)
    columns_kqw = axis_weights(x1_k * scale, x2_k * scale, size=size, pixels=width, samples=samples, aligned=aligned)
    return torch.einsum("kph,kchw,kqw->kcpq", rows_kph, features_nchw[image_k.long()], columns_kqw)


def axis_weights(first_k: Tensor, last_k: Tensor, *, size: int, pixels: int, samples: int, aligned: bool) -> Tensor:
    """Weigh the pixels of one axis for each bin of each box: K,P,pixels. Ends are given in feature pixels."""
    first_k = first_k - 0.5 if aligned else first_k
    length_k = last_k - first_k - (0.5 if aligned else 0.0)
    length_k = length_k if aligned else length_k.clamp(min=1.0)
    bin_k = length_k / size
    count_k = torch.full_like(bin_k, samples) if samples > 0 else bin_k.detach().ceil().clamp(min=0)
    most = int(count_k.max()) if len(count_k) else 0
    bin_p = torch.arange(size, dtype=first_k.dtype, device=first_k.device)
    sample_s = torch.arange(most, dtype=first_k.dtype, device=first_k.device)
    within_ks = (sample_s + 0.5) / count_k.clamp(min=1)[:, None]
    position_kps = first_k[:, None, None] + (bin_p[:, None] + within_ks[:, None, :]) * bin_k[:, None, None]
    counted_kps = (sample_s < count_k[:, None])[:, None, :] & (position_kps >= -1) & (position_kps <= pixels)
    tents_kpsl = tents(position_kps.clamp(0, pixels - 1), pixels=pixels) * counted_kps[..., None]
    return tents_kpsl.sum(dim=2) / count_k.clamp(min=1)[:, None, None]


def tents(positions: Tensor, *, pixels: int) -> Tensor:
    """Bilinear weights of `pixels` pixels for each position: 1 on the pixel, falling to 0 one pixel away."""
    pixel_l = torch.arange(pixels, dtype=positions.dtype, device=positions.device)
    return (1 - (positions[..., None] - pixel_l).abs()).clamp(min=0)
