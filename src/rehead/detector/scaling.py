"""One scale for all tiles, and for images smaller than a tile."""

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes


class TileTransform(GeneralizedRCNNTransform):
    """Resizes every image by the one factor that brings a full tile to the network's size.

    torchvision brings the shorter side of each image to one size. An image that is narrower than a tile would so be
    enlarged, and its objects with it; here an object has one size wherever it was seen.
    """

    def __init__(self, plain: GeneralizedRCNNTransform, tile_size: int) -> None:
        """Keep the normalisation of `plain`, and the size that it gives a square image of `tile_size`."""
        side = min(plain.min_size[-1], plain.max_size)
        super().__init__(side, side, plain.image_mean, plain.image_std, plain.size_divisible)
        self.factor = side / tile_size

    def size_seen(self, height: int, width: int) -> tuple[int, int]:
        """Give the height and width of such an image in the network."""
        return max(round(height * self.factor), 1), max(round(width * self.factor), 1)

    def resize(self, image: Tensor, target: dict[str, Tensor] | None = None) -> tuple[Tensor, dict[str, Tensor] | None]:
        """Resize an image CHW, its boxes N4, and its masks NHW if there are any."""
        height, width = image.shape[-2:]
        size = list(self.size_seen(height, width))
        resized = functional.interpolate(image[None], size=size, mode="bilinear", align_corners=False)[0]
        if target is None:
            return resized, None
        scaled = {**target, "boxes": resize_boxes(target["boxes"], [height, width], size)}
        if "masks" in target:
            scaled["masks"] = functional.interpolate(target["masks"][:, None].float(), size=size)[:, 0].to(torch.uint8)
        return resized, scaled
