"""A program that reads a dataset through Datumaro and writes it as COCO: `... SOURCE NEW_FOLDER`.

Its last line of output is JSON: the format, null if none is known, or the error. It runs in a process of its own, since
Datumaro decodes images with native code, and is installed with `rehead[formats]` alone.
"""

import json
import sys
from pathlib import Path
from typing import Any

from datumaro.components.dataset import Dataset  # type: ignore[import-not-found]
from datumaro.components.environment import Environment  # type: ignore[import-not-found]
from datumaro.components.format_detection import detect_dataset_format  # type: ignore[import-not-found]

from rehead.coco.formats.split_names import subfolders
from rehead.files import read_json, write_json

_FORMATS = (
    "cvat",
    "voc_instance_segmentation",
    "datumaro",
    "label_me",
    "cityscapes",
    "mapillary_vistas_instances",
    "ade20k2017",
    "ade20k2020",
    "segment_anything",
    "mots",
)
"""Formats with a mask for each object. Others are left alone, not least those that are read by unpickling."""


def main(source: str, out: str) -> None:
    """Export and tell how it went."""
    print(json.dumps(_exported(source, Path(out))), flush=True)


def _exported(source: str, out: Path) -> dict[str, Any]:
    try:
        importers = Environment().importers
        for folder in _unwrapped(Path(source)):
            found = detect_dataset_format(((name, importers[name].detect) for name in _FORMATS), str(folder))
            if len(found) > 1:
                return {"format": None, "error": f"it may be {', '.join(str(one.name) for one in found)}"}
            if found:
                Dataset.import_from(str(folder), found[0].name).export(str(out), "coco_instances", save_media=True)
                for file in sorted((out / "annotations").glob("*.json")):
                    write_json(file, _with_single_objects(read_json(file)))
                return {"format": found[0].name, "error": None}
        return {"format": None, "error": None}
    except Exception as error:  # whatever an importer raises on damaged input
        return {"format": None, "error": f"{type(error).__name__}: {error}"}


def _unwrapped(folder: Path) -> list[Path]:
    """List a folder and the one in it, if it is alone: what most archives begin with."""
    inner = subfolders(folder)
    return [folder, *inner] if len(inner) == 1 else [folder]


def _with_single_objects(document: dict[str, Any]) -> dict[str, Any]:
    """Put right what the exporter makes of masks: crowd regions, and PASCAL VOC's background as a class."""
    used = {annotation["category_id"] for annotation in document["annotations"]}
    return document | {
        "annotations": [{**annotation, "iscrowd": 0} for annotation in document["annotations"]],
        "categories": [c for c in document["categories"] if c["id"] in used or c["name"] != "background"],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
