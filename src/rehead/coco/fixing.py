"""A repaired COCO copy of a dataset for other tools: what can be repaired is, what cannot is left out, and proven."""

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehead.coco.canonical import distinct, write_images
from rehead.coco.checking import CheckReport, check_dataset, report_on
from rehead.coco.decoding import MAX_PIXELS
from rehead.coco.faults import FaultLog
from rehead.coco.image_pool import ImagePool
from rehead.coco.kinds import Action
from rehead.coco.policy import mending
from rehead.coco.reading import read_source
from rehead.coco.records import Dataset
from rehead.coco.repaired import plain, repaired_document
from rehead.coco.sources import WHOLE, SourceError, opened_source
from rehead.files import replaced_folder, write_atomically


@dataclass(frozen=True)
class Fixed:
    """What was found in the source, and what a second check finds in the copy; None if nothing could be written.

    `kept` and `listed` count images and annotations: those in the copy, of those in the source.
    """

    out: Path
    found: CheckReport
    proof: CheckReport | None
    kept: tuple[int, int]
    listed: tuple[int, int]

    @property
    def sound(self) -> bool:
        """Say whether there is a copy in which nothing is left to refuse or to repair."""
        return self.proof is not None and not {"reject", "repair", "drop"} & {f.action for f in self.proof.faults}

    def counts(self, action: Action) -> dict[str, int]:
        """Count the source's faults by kind that were met with one action."""
        kinds = {fault.code for fault in self.found.faults if fault.action == action}
        return {code: count for code, count in self.found.fault_counts.items() if code in kinds}

    def as_dict(self) -> dict[str, Any]:
        """Write the report for JSON."""
        copy = {"folder": str(self.out), "repaired": self.counts("repair"), "dropped": self.counts("drop")}
        left = {} if self.proof is None else self.proof.fault_counts
        return self.found.as_dict() | {"copy": None if self.proof is None else copy | {"left": left}}


def fix_dataset(
    target: Path,
    out: Path,
    *,
    images: Path | None = None,
    val: Path | None = None,
    policy: Mapping[str, Action] | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Fixed:
    """Write a repaired copy of a dataset to the new folder `out`, whole or not at all, and check it again.

    A fault is repaired if its kind allows it, else its record is left out, else nothing is written; `policy` has the
    last word. The source is only read. Raises ValueError if `out` is no place for a copy.
    """
    _refuse_unless_new(out, (target, target.parent / "images", images))
    log = FaultLog(mending(policy or {}))
    splits: dict[str, Dataset] = {}
    try:
        with opened_source(target, images=images, val=val) as source, ImagePool(max_pixels=max_pixels) as pool:
            splits = read_source(source.with_images(), log, pool, keep=True)
            if not log.rejected:
                write_copy(out, splits)
    except SourceError as error:
        for code, where, text in error.faults:
            log.add(code, target, where, text)
    proof = None if log.rejected else check_dataset(out, policy=policy, max_pixels=max_pixels)
    kept = [(len(data.images), len(data.annotations)) for data in splits.values()]
    listed = [data.listed for data in splits.values()]
    return Fixed(out, report_on(target, splits, log), proof, _summed(kept), _summed(listed))


def lines_of_fix(fixed: Fixed) -> list[str]:
    """Write in plain lines what was done, and what the second check says."""
    words: dict[Action, str] = {"repair": "repaired", "drop": "left out"}
    told = [(word, _some(fixed.counts(action))) for action, word in words.items() if fixed.counts(action)]
    if fixed.proof is None:
        refused = f"{', '.join(fixed.counts('reject'))} can be neither repaired nor left out"
        return [*(f"can be {word}: {some}" for word, some in told), f"nothing was written to {fixed.out}: {refused}"]
    kept, listed, left = fixed.kept, fixed.listed, fixed.proof.fault_counts
    wrote = f"wrote {fixed.out}: {kept[0]} of {listed[0]} images, {kept[1]} of {listed[1]} annotations"
    again = (
        "0 faults left" if not left else f"{'only warnings are' if fixed.sound else 'FAULTS ARE'} left: {_some(left)}"
    )
    return [*(f"{word}: {some}" for word, some in told), wrote, f"checked again: {again}"]


def write_copy(out: Path, splits: Mapping[str, Dataset]) -> None:
    """Write images/ and one JSON a split, or annotations.json where there are none, whole or not at all."""
    with replaced_folder(out) as fresh:
        names = write_images(fresh / "images", distinct(splits))
        for split, data in splits.items():
            name = "annotations.json" if split == WHOLE else f"{split}.json"
            write_atomically(fresh / name, _text(repaired_document(data, names)))


def _text(document: dict[str, Any]) -> str:
    try:
        return json.dumps(document, allow_nan=False)
    except (ValueError, RecursionError):
        return json.dumps(plain(document), allow_nan=False)


def _refuse_unless_new(out: Path, sources: tuple[Path | None, ...]) -> None:
    """Raise ValueError unless `out` is a new or empty folder beside the source that can be written."""
    remedy = "give --fix a new folder"
    if out.is_symlink() or (out.exists() and not (out.is_dir() and not any(out.iterdir()))):
        raise ValueError(f"--fix {out}: something is there already, and nothing is ever overwritten; {remedy}")
    for source in (path.resolve() for path in sources if path is not None and path.is_dir()):
        if out.resolve().is_relative_to(source):
            raise ValueError(f"--fix {out} lies within the dataset {source}, which is only read; {remedy} beside it")
    above = next(folder for folder in out.absolute().parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise ValueError(f"--fix {out}: nothing can be written in {above}; {remedy} elsewhere")


def _summed(pairs: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(first for first, _ in pairs), sum(second for _, second in pairs)


def _some(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{code} {count}" for code, count in Counter(counts).most_common())
