"""Truth to score against: COCO files and datasets of any layout, read strictly, without their images."""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rehead.coco.checking import report_on
from rehead.coco.faults import FaultLog
from rehead.coco.image_pool import ImagePool
from rehead.coco.reading import read_dataset, read_source
from rehead.coco.records import Dataset
from rehead.coco.rendering import print_faults
from rehead.coco.sources import WHOLE, opened_source
from rehead.coco.truth import document_of
from rehead.files import read_json, sha256_of


@dataclass(frozen=True)
class Truth:
    """A truth as a canonical COCO document, and what it is: file, hash, fingerprint, images, annotations."""

    document: dict[str, Any]
    dataset: dict[str, Any]


def read_truth(target: Path, *, split: str) -> Truth:
    """Read a COCO file, or a split of a dataset in any layout that is known.

    Raises ValueError if there is no such split, or, with the faults printed, if it is rejected.
    """
    if target.suffix.lower() == ".json":
        document = document_of(read_file(target))
        return Truth(document, described(target, document))
    log = FaultLog({})
    with opened_source(target) as source, ImagePool() as pool:
        name = split if split in source.splits else WHOLE
        if name not in source.splits:
            raise ValueError(f"{target} has no split {split!r}, but {', '.join(source.splits)}: name one by --split")
        parts = source.splits[name]
        data = read_source(replace(source, splits={name: parts}).unseen(), log, pool).get(name)
        document = document_of(sound(data, log, target))
        return Truth(document, described(parts[0].file, document) | {"file": source.told(str(parts[0].file))})


def read_file(path: Path) -> Dataset:
    """Read one COCO file; raises ValueError, with the faults printed, if it is rejected."""
    log = FaultLog({})
    return sound(read_dataset(path, None, log), log, path)


def sound(data: Dataset | None, log: FaultLog, target: Path) -> Dataset:
    """Return what was read; where something was rejected, print all faults and raise ValueError."""
    if data is None or log.rejected:
        print_faults(report_on(target, {}, log))
        raise ValueError(f"{target} is rejected: mend it, see `rehead check {target}`")
    return data


def described(path: Path, document: dict[str, Any]) -> dict[str, Any]:
    """Name a truth by its hash, and by its fingerprint where a manifest beside it holds that very hash."""
    sha256, fingerprint = sha256_of(path), None
    with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):  # somebody else's manifest
        manifest = read_json(path.with_name("manifest.json"))
        fingerprint = manifest["splits"][path.stem]["fingerprint"] if manifest["files"][path.name] == sha256 else None
    counts = {table: len(document[table]) for table in ("images", "annotations")}
    return {"file": str(path), "sha256": sha256, "fingerprint": fingerprint, **counts}
