"""One split of the canonical dataset as tensors.

Shapes: image CHW float32 0..1; boxes N4 as (x1, y1, x2, y2) in pixels; labels N in 1..K. A mask is what its object's
own box holds: masks of whole images would be most of the memory that training takes.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from rehead.coco.windows import Crop, crop_of
from rehead.dataset.views import PLAIN, View
from rehead.files import read_json


class SampleError(ValueError):
    """An image of the canonical dataset is no longer what it was; the message names file, reason and cure."""

    def __init__(self, path: Path, because: str) -> None:
        super().__init__(
            f"{path} cannot be used ({because}): it has changed since; `dvc repro -f ingest` writes it anew"
        )
        self._made_of = (path, because)

    def __reduce__(self) -> tuple[type["SampleError"], tuple[Path, str]]:
        """Come through from a worker as it is."""
        return type(self), self._made_of


@dataclass(frozen=True)
class ImageRecord:
    """One image of a split: its id, its file below images/, its size in pixels."""

    id: int
    file_name: str
    width: int
    height: int


@dataclass(frozen=True)
class Sample:
    """An image with the truth to learn from it; crowd regions are left out."""

    record: ImageRecord
    image_chw: Tensor
    """3,0,0 where no pixels were asked for."""
    boxes_n4: Tensor
    labels_n: Tensor
    crops: tuple[Crop, ...]
    """The mask of each object, in pixels of the image as it is seen."""
    size_hw: tuple[int, int]
    """Height and width of the image as it is seen."""
    view: View = PLAIN
    """How the image of the file is seen."""

    def pin_memory(self) -> "Sample":
        """Move the pixels to where a GPU copies them from while it computes; a DataLoader asks for it by this name."""
        return replace(self, image_chw=self.image_chw.pin_memory())

    @property
    def masks_nhw(self) -> Tensor:
        """Draw the masks at the image's full size, NHW of 0 and 1, as torchvision's own training wants them."""
        masks = torch.zeros(len(self.crops), *self.size_hw, dtype=torch.uint8)
        for mask_hw, crop in zip(masks, self.crops, strict=True):
            seen = crop.window
            mask_hw[seen.y : seen.bottom, seen.x : seen.right] = torch.from_numpy(crop.mask_hw)
        return masks


@dataclass(frozen=True)
class Split:
    """A split's images, classes (label n is classes[n - 1]) and truth as COCO JSON."""

    folder: Path
    name: str
    classes: tuple[str, ...]
    images: tuple[ImageRecord, ...]
    truth: dict[str, Any]
    annotations: dict[int, list[dict[str, Any]]]
    fingerprint: str

    @property
    def description(self) -> dict[str, Any]:
        """Say what this is, wherever a score on it is kept: only scores under one fingerprint can be compared."""
        counts = {"images": len(self.images), "annotations": len(self.truth["annotations"])}
        return {"split": self.name, "fingerprint": self.fingerprint, **counts}

    def __len__(self) -> int:
        """Count images."""
        return len(self.images)

    def __getitem__(self, index: int) -> Sample:
        """Load one image and its truth."""
        return self.sample(index)

    def sample(self, index: int, view: View = PLAIN, *, pixels: bool = True) -> Sample:
        """Load one image as `view` shows it, and its truth; without `pixels` the file stays closed."""
        record = self.images[index]
        image_chw = view.image(self.image(index)) if pixels else torch.empty(3, 0, 0)
        return _with_truth(record, image_chw, self.annotations.get(record.id, []), view)

    def image(self, index: int) -> Tensor:
        """Load one image alone, CHW float32 0..1."""
        return self.pixels(index).float() / 255.0

    def pixels(self, index: int) -> Tensor:
        """Load one image alone, CHW uint8: a quarter of the memory, where images are large; raises SampleError."""
        record = self.images[index]
        path = self.folder / "images" / record.file_name
        try:
            with Image.open(path) as stream:
                image_hw3 = np.array(stream.convert("RGB"))
        except Exception as error:  # whatever a decoder makes of a damaged file
            raise SampleError(path, f"{type(error).__name__}: {error}") from error
        height, width = image_hw3.shape[:2]
        if (height, width) != (record.height, record.width):
            raise SampleError(path, f"it is {width} x {height} instead of {record.width} x {record.height} pixels")
        return torch.from_numpy(image_hw3).permute(2, 0, 1)


def load_split(folder: Path, name: str) -> Split:
    """Read split `name` (train, val or test) of a canonical dataset that `ingest` wrote."""
    path = folder / f"{name}.json"
    if not path.is_file():
        raise ValueError(f"{path} does not exist: run `dvc repro ingest` first")
    truth, manifest = read_json(path), read_json(folder / "manifest.json")
    by_image: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for annotation in truth["annotations"]:
        by_image[annotation["image_id"]].append(annotation)
    records = tuple(ImageRecord(i["id"], i["file_name"], i["width"], i["height"]) for i in truth["images"])
    classes = tuple(category["name"] for category in truth["categories"])
    return Split(folder, name, classes, records, truth, dict(by_image), manifest["splits"][name]["fingerprint"])


def _with_truth(record: ImageRecord, image_chw: Tensor, annotations: list[dict[str, Any]], view: View) -> Sample:
    things = [a for a in annotations if not a["iscrowd"]]
    own = (record.height, record.width)
    corners = [(x, y, x + w, y + h) for x, y, w, h in (a["bbox"] for a in things)]
    return Sample(
        record,
        image_chw,
        view.boxes(torch.tensor(corners, dtype=torch.float32).reshape(-1, 4), *own),
        torch.tensor([a["category_id"] for a in things], dtype=torch.int64),
        tuple(view.crop(crop_of(a["segmentation"]), *own) for a in things),
        view.size(*own),
        view,
    )
