"""Which image goes to train, val and test: splits that the source gives are kept, missing ones are cut by content.

Each image gets a number in 0..1 from the seed and its pixels (or its group's name). It decides alone, so images that
are added later never move old ones, and copies of an image stay together.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate

from rehead.coco.plan import DataPlan
from rehead.coco.records import Dataset, ImageRecord
from rehead.coco.sources import WHOLE


@dataclass(frozen=True)
class Splitting:
    """Train, val and test, and how each came about, for people to read."""

    splits: dict[str, Dataset]
    how: dict[str, str]


def make_splits(given: Mapping[str, Dataset], plan: DataPlan) -> Splitting:
    """Keep the given splits and cut the missing ones out of the training images, by the plan's shares.

    Raises ValueError if a split is missing and its share is 0, or if there are too few images to cut from.
    """
    splits = {("train" if name == WHOLE else name): data for name, data in given.items()}
    how = dict.fromkeys(splits, "given by the source")
    wanted = {name: _share(name, plan) for name in ("test", "val") if name not in splits}
    shares = {name: share for name, share in wanted.items() if share is not None}
    if shares:
        whole = splits["train"]
        splits |= _cut(whole, shares, plan)
        how |= {name: f"{share:.0%} cut from the training images by a seeded hash" for name, share in shares.items()}
        how["train"] = f"what was left of {len(whole.images)} images"
    if "test" not in splits:
        splits["test"] = splits["val"]
        how["test"] = "the validation images again (data.test: val)"
    return Splitting({name: splits[name] for name in ("train", "val", "test")}, how)


def place_of(image: ImageRecord, plan: DataPlan) -> float:
    """Compute an image's number in 0..1 from the seed and its pixels, or its group where file names name one."""
    match = re.search(plan.group, image.file_name) if plan.group else None
    content = image.facts.pixels if image.facts else image.file_name
    key = match.group(1 if match.re.groups else 0) if match else content
    digest = hashlib.sha256(f"{plan.seed}:{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def chosen(dataset: Dataset, images: list[ImageRecord]) -> Dataset:
    """Keep some of a dataset's images and their annotations."""
    ids = {image.id for image in images}
    annotations = tuple(a for a in dataset.annotations if a.image_id in ids)
    return replace(dataset, images=tuple(images), annotations=annotations)


def _share(name: str, plan: DataPlan) -> float | None:
    share = plan.test if name == "test" else plan.val
    if share == "val":
        return None
    if share == 0:
        raise ValueError(f"data.{name}: the source has no {name} split and the share is 0; give a share such as 0.15")
    return float(share)


def _cut(dataset: Dataset, shares: Mapping[str, float], plan: DataPlan) -> dict[str, Dataset]:
    """Deal the images by their numbers; a split left without objects takes one number from the fullest."""
    if sum(shares.values()) >= 1:
        raise ValueError(f"data: the shares of {' and '.join(shares)} leave nothing to train on; lower them")
    places = {image.id: place_of(image, plan) for image in dataset.images}
    labelled = sorted({places[a.image_id] for a in dataset.annotations if not a.iscrowd})
    names = [*shares, "train"]
    if len(labelled) < len(names):
        raise ValueError(
            f"data: {len(labelled)} image(s) or group(s) with objects are too few for {', '.join(names)}; "
            "add images, or set data.test: val"
        )
    edges = dict(zip(shares, accumulate(shares.values()), strict=True))
    dealt = {place: next((name for name, edge in edges.items() if place < edge), "train") for place in places.values()}
    for name in names:
        held = Counter(dealt[place] for place in labelled)
        if not held[name]:
            donor = held.most_common(1)[0][0]
            dealt[next(place for place in labelled if dealt[place] == donor)] = name
    return {
        name: chosen(dataset, [image for image in dataset.images if dealt[places[image.id]] == name]) for name in names
    }
