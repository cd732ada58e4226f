"""A detector's results in COCO's form, checked before any evaluator sees them.

Evaluators hang on short run lengths, score boxes of NaN as perfect, look at the first result alone to tell boxes from
masks, and pass over unknown ids in silence.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

from rehead.coco.faults import Fault, FaultLog, FileFaults
from rehead.coco.json_file import load_json
from rehead.coco.many_counts import are_sound
from rehead.coco.polygons import read_polygons
from rehead.coco.rle import Rle, bounding_box
from rehead.coco.run_lengths import is_size, read_run_lengths
from rehead.coco.structure import is_number, read_id

Sizes = Mapping[int, tuple[int, int]]


class ResultsError(ValueError):
    """Results that cannot be scored; the message names the first faults, `faults` holds the first twenty of a kind."""

    def __init__(self, name: str, log: FaultLog) -> None:
        lines = [f"{fault.where or name}: {fault.message}" for fault in log.faults[:5]]
        super().__init__("\n".join([f"{name}: {sum(log.totals().values())} fault(s) in the results", *lines]))
        self.faults = tuple(log.faults)
        self.fault_counts = log.totals()


@dataclass(frozen=True)
class CheckedResults:
    """Sound results, masks as compressed run lengths, and what is worth a warning about them."""

    results: list[dict[str, Any]]
    warnings: tuple[Fault, ...]


def read_results(
    source: Path | Iterable[Mapping[str, Any]], truth: Mapping[str, Any], *, max_detections: int = 100
) -> list[dict[str, Any]]:
    """Check results, from a file or in memory, against a COCO truth; raises ResultsError with every fault."""
    return check_results(source, truth, max_detections=max_detections).results


def check_results(
    source: Path | Iterable[Mapping[str, Any]], truth: Mapping[str, Any], *, max_detections: int = 100
) -> CheckedResults:
    """Check results as `read_results` does, and also return warnings, such as detections above the limit."""
    name = str(source) if isinstance(source, Path) else "results"
    log = FaultLog()
    faults = log.of(name)
    entries = _entries(source, faults)
    sizes = {image["id"]: (image["height"], image["width"]) for image in truth["images"]}
    categories = {category["id"] for category in truth["categories"]}
    given = set().union(*(entry for entry in entries if type(entry) is dict)) & {"bbox", "segmentation"}
    sound = sound_masks(entries, sizes)
    read = [
        _result(at, entry, sizes, categories, faults, given=given, sound=sound.get(at))
        for at, entry in enumerate(entries)
    ]
    _note_limit(entries, max_detections, faults)
    if log.rejected:
        raise ResultsError(name, log)
    if "segmentation" in given and "bbox" not in given:
        faults.add("result-box-of-mask", "", "no result has a box: boxes were taken from the masks")
    return CheckedResults([result for result in read if result is not None], tuple(log.faults))


def _entries(source: Path | Iterable[Mapping[str, Any]], faults: FileFaults) -> list[Any]:
    if not isinstance(source, Path):
        return list(source)
    document = load_json(source, faults)
    if document is None:
        return []
    if type(document.value) is not list:
        faults.add("results-type", "", "the top level is not a list (JSON array) of results")
        return []
    return document.value


def sound_masks(entries: Sequence[Any], sizes: Sizes) -> dict[int, Rle]:
    """Find the masks that need no closer look, by place: sound compressed run lengths of their image's size.

    `sizes` are height and width by the image's id.
    """
    masks: dict[int, Rle] = {}
    for at, entry in enumerate(entries):
        mask = entry.get("segmentation") if type(entry) is dict else None
        if type(mask) is dict and type(mask.get("counts")) is str and type(entry.get("image_id")) is int:
            size = sizes.get(entry["image_id"])
            if size and is_size(mask.get("size"), *size):
                masks[at] = {"size": list(size), "counts": mask["counts"]}
    pixels = [height * width for height, width in (mask["size"] for mask in masks.values())]
    sound = are_sound([mask["counts"] for mask in masks.values()], pixels)
    return dict(compress(masks.items(), sound))


def _result(
    at: int,
    entry: Any,
    sizes: Sizes,
    categories: set[int],
    faults: FileFaults,
    *,
    given: set[str],
    sound: Rle | None,
) -> dict[str, Any] | None:
    """Check one result; where any has a mask or a box, all need one, and where none has a box it is the mask's.

    `sound` is its mask, if that needs no closer look.
    """
    where = f"[{at}]"
    if type(entry) is not dict:
        faults.add("result-field", where, "the result is no object", value=entry)
        return None
    image = _known("image_id", entry, sizes, "result-image", where, faults)
    category = _known("category_id", entry, categories, "result-category", where, faults)
    score = _score(entry, where, faults)
    rle = sound
    if rle is None and "segmentation" in given and image is not None:
        rle = _mask(entry, sizes[image], where, faults)
    if "segmentation" in given and "bbox" not in given:
        box = None if rle is None else list(bounding_box(rle))
    else:
        box = _box(entry, where, faults)
    if image is None or category is None or score is None or box is None:
        return None
    result = {"image_id": image, "category_id": category, "bbox": box, "score": score}
    return result | {"segmentation": rle} if rle is not None else result


def _known(
    key: str, entry: dict[str, Any], known: Sizes | set[int], code: str, where: str, faults: FileFaults
) -> int | None:
    number = read_id(entry, key, where, faults)
    if number is None or number in known:
        return number
    faults.add(code, f"{where}.{key}", f"{key} {number} is not in the truth: unknown", value=number)
    return None


def _score(entry: dict[str, Any], where: str, faults: FileFaults) -> float | None:
    value: Any = entry.get("score")
    if is_number(value) and abs(value) < 1e15:
        return float(value)
    text = "score is not a finite number" if "score" in entry else "score is missing"
    faults.add("result-score", f"{where}.score", text, value=value)
    return None


def _box(entry: dict[str, Any], where: str, faults: FileFaults) -> list[float] | None:
    """Check x, y, width, height: finite, sizes not negative; a box of size zero is a false positive."""
    value: Any = entry.get("bbox")
    four = type(value) is list and len(value) == 4 and all(map(is_number, value))
    if not four:
        text = "bbox is missing" if "bbox" not in entry else "bbox is not four numbers"
    elif not all(-1e9 < side < 1e9 for side in value):
        text = "bbox is not finite, or far outside any image"
    elif value[2] < 0 or value[3] < 0:
        text = "bbox has a negative width or height"
    else:
        return [float(side) for side in value]
    faults.add("result-bbox", f"{where}.bbox", text, value=value)
    return None


def _mask(entry: dict[str, Any], size: tuple[int, int], where: str, faults: FileFaults) -> Rle | None:
    value, path = entry.get("segmentation"), f"{where}.segmentation"
    if type(value) is dict:
        return read_run_lengths(value, *size, path, faults)
    if type(value) is list:
        return read_polygons(value, *size, path, faults)
    found = "is no mask" if "segmentation" in entry else "is missing, though others have one"
    faults.add("result-segmentation", path, f"segmentation {found}", value=value)
    return None


def _note_limit(entries: list[Any], limit: int, faults: FileFaults) -> None:
    """Note images with more detections than evaluation looks at."""
    ids = (entry.get("image_id") for entry in entries if type(entry) is dict)
    counts = Counter(number for number in ids if type(number) is int)
    over = {number: count for number, count in counts.items() if count > limit}
    if over:
        text = f"{len(over)} images have more detections than the limit maxDets={limit}: the lowest scores are ignored"
        faults.add("result-limit", "", text, value=dict(list(over.items())[:5]))
