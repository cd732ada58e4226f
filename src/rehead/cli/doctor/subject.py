"""What is examined: settings, and a dataset in canonical form, whole or a sample of one that is not ingested yet."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rehead.cli.advice import Survey
from rehead.cli.doctor.sample import drawn_sample, source_sample
from rehead.cli.memory import Memory
from rehead.cli.plans import Plans
from rehead.coco.measurements import Measurements
from rehead.dataset.split import Split, load_split
from rehead.detector.sizes import SIZES
from rehead.files import read_json


@dataclass(frozen=True)
class Subject:
    """Settings, training and validation images, and how many there are of both once all are ingested."""

    plans: Plans
    train: Split
    val: Split
    images: int
    """Images, or tiles, of one epoch of training."""
    val_images: int
    told: str
    fullest: int
    """Most objects of an image, in all of the dataset that was read."""
    initial: Path | None = None
    """The detector that the pipeline has made, if it has."""
    sampled: bool = False
    """Whether the splits are a sample of what there is."""
    stale: str = ""
    """Why the dataset is not the one that params.yaml names, if it is not."""

    @property
    def own_side(self) -> int:
        """Give the shorter side of an image as the network sees it, in pixels."""
        return self.plans.model.input_size or SIZES[self.plans.model.arch].input_size

    def survey(self, memory: Memory) -> Survey:
        """Measure the training images, for advice and estimates."""
        names = {"train": [record.file_name for record in self.train.images], "val": [""] * self.val_images, "test": []}
        return Survey(measured=measured(self.train), names=names, memory=memory)


def find_subject(plans: Plans, source: str | None, data: Path, scratch: Path) -> Subject:
    """Take the project's dataset, or a sample of `source`, which is written into the folder `scratch`.

    Without a source and without a dataset a sample of the one that params.yaml names is taken. Raises ValueError where
    there is none.
    """
    dataset = data / "dataset"
    if source is None and (dataset / "manifest.json").is_file():
        return _ingested(plans, dataset, data / "detector" / "initial")
    named = plans.data.source if source is None else source
    if named == "shapes" and source is None:
        counts = drawn_sample(plans.data, scratch / "dataset")
    elif Path(named).exists():
        counts = source_sample(Path(named), plans, scratch)
    else:
        cure = "set data.source in params.yaml, or `rehead init PATH` does" if source is None else "name a dataset"
        raise ValueError(f"{named} does not exist: {cure}")
    train, val = (load_split(scratch / "dataset", name) for name in ("train", "val"))
    whole = f"{counts.images} training and {counts.val_images} validation images"
    told = f"{named}, not ingested yet: {len(train)} and {len(val)} images looked at, for {whole} in all"
    if len(train) > counts.images:
        told += "; some of those looked at go to the test split"
    fullest = max(counts.fullest, _fullest(train, val))
    return Subject(plans, train, val, counts.images, counts.val_images, told, fullest, sampled=True)


def measured(split: Split) -> Measurements:
    """Measure a split of the canonical dataset."""
    places = {record.id: place for place, record in enumerate(split.images)}
    things = [a for a in split.truth["annotations"] if not a["iscrowd"]]
    crowds = np.bincount(
        [places[a["image_id"]] for a in split.truth["annotations"] if a["iscrowd"]], minlength=len(split.images)
    )
    return Measurements(
        classes=split.classes,
        file_names=tuple(record.file_name for record in split.images),
        sizes_n2=np.array([(record.width, record.height) for record in split.images], np.int64).reshape(-1, 2),
        boxes_m4=np.array([a["bbox"] for a in things], np.float64).reshape(-1, 4),
        areas_m=np.array([a["area"] for a in things], np.float64),
        image_m=np.array([places[a["image_id"]] for a in things], np.int64),
        label_m=np.array([a["category_id"] - 1 for a in things], np.int64),
        crowds_n=crowds.astype(np.int64),
    )


def _ingested(plans: Plans, dataset: Path, initial: Path) -> Subject:
    train, val = load_split(dataset, "train"), load_split(dataset, "val")
    source = read_json(dataset / "manifest.json")["source"]
    stale = "" if source == plans.data.source else f"it was made of {source}, params.yaml names {plans.data.source}"
    told = f"{dataset}: {len(train)} training and {len(val)} validation images"
    found = initial if (initial / "manifest.json").is_file() else None
    return Subject(plans, train, val, len(train), len(val), told, _fullest(train, val), found, stale=stale)


def _fullest(*splits: Split) -> int:
    return max((_objects(found) for split in splits for found in split.annotations.values()), default=0)


def _objects(annotations: list[dict[str, int]]) -> int:
    return sum(not a["iscrowd"] for a in annotations)
