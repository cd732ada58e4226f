"""Which image goes to train, val and test: splits that the source gives are kept, missing ones are cut by content.

Each image gets a number in 0..1 from the seed and its pixels (or its group's name), and nothing else: whatever looked
at other images would move old ones when new ones come, and a recorded assignment would be lost with the checkout that
retrains on a schedule. So copies of an image stay together, and classes are balanced through the choice of the seed:
`balanced_seed` is asked once, when a project is set up, and `data.seed` keeps the answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rehead.coco.balance import SEEDS, Stock, best_seed, dealt, stock_of, tally, uneven
from rehead.coco.faults import FaultLog, FileFaults, shortened
from rehead.coco.grouping import group_of
from rehead.coco.leakage import check_splits
from rehead.coco.parts import WHOLE
from rehead.coco.plan import DataPlan
from rehead.coco.records import Dataset, ImageRecord, chosen

_NAMED = 5


@dataclass(frozen=True)
class Splitting:
    """Train, val and test, how each came about, for people to read, and which of them were cut here."""

    splits: dict[str, Dataset]
    how: dict[str, str]
    cut: tuple[str, ...] = ()


def make_splits(given: Mapping[str, Dataset], plan: DataPlan) -> Splitting:
    """Keep the given splits and cut the missing ones out of the training images, by the plan's shares.

    Raises ValueError if a split is missing and its share is 0, or if under the plan's seed a split gets no objects;
    it names a seed, or another change of the plan, under which each split has some.
    """
    splits = _named(given)
    how = dict.fromkeys(splits, "given by the source")
    shares = _shares(splits, plan)
    if shares:
        whole, stock = splits["train"], _stock(splits["train"], plan)
        split_u = dealt(stock, shares, plan.seed)
        empty = tally(stock, split_u, len(shares)).empty_s
        if empty.any():
            lacking = [name for name, is_empty in zip(shares, empty, strict=True) if is_empty]
            raise ValueError(_cure(splits, plan, stock, lacking))
        for place, (name, share) in enumerate(shares.items()):
            splits[name] = chosen(whole, _at(whole, stock, split_u.tolist(), place))
            how[name] = f"{100 * share:.0f} % cut from the training images by a seeded hash"
        how["train"] = f"what was left of {len(whole.images)} images"
    if "test" not in splits:
        splits["test"] = splits["val"]
        how["test"] = "the validation images again (data.test: val)"
    return Splitting({name: splits[name] for name in ("train", "val", "test")}, how, tuple(shares))


def checked_splits(given: Mapping[str, Dataset], plan: DataPlan, log: FaultLog) -> Splitting:
    """Make the splits, and note what is uneven in those that were cut and what has leaked from one into another."""
    made = make_splits(given, plan)
    if not made.cut:
        return made
    note_unevenness(given, plan, log.of(plan.source))
    cut = {name: made.splits[name] for name in made.cut}
    kept = check_splits(cut, dict.fromkeys(cut, Path(plan.source)), log, inside=False)
    lost = {name: len(data.images) - len(kept[name].images) for name, data in cut.items()}
    told = {name: f"{made.how[name]}, {count} left out as leaks" for name, count in lost.items() if count}
    return replace(made, splits=made.splits | kept, how=made.how | told)


def balanced_seed(given: Mapping[str, Dataset], plan: DataPlan) -> int:
    """Choose the seed under which every split has its share of each class's objects and images, and of all images.

    Where nothing is to be cut, or no seed gives each split an object, the plan's own seed comes back. The images must
    have been decoded, unless `data.group` tells by itself where each belongs. Ask once: another seed moves images.
    """
    splits = _named(given)
    shares = _shares(splits, plan)
    if not shares:
        return plan.seed
    seed = best_seed(_stock(splits["train"], plan), shares)
    return plan.seed if seed is None else seed


def note_unevenness(given: Mapping[str, Dataset], plan: DataPlan, faults: FileFaults) -> None:
    """Note which classes the cut splits share unevenly, with their counts and a seed that does better."""
    splits = _named(given)
    shares = _shares(splits, plan)
    stock = _stock(splits["train"], plan)
    found = tally(stock, dealt(stock, shares, plan.seed), len(shares))
    odd = uneven(stock, found, shares).nonzero()[0].tolist()
    if not odd:
        return
    totals = found.objects_sc.sum(0).tolist()
    odd.sort(key=lambda place: -totals[place])
    told = []
    for place in odd[:_NAMED]:
        held = zip(shares.items(), found.objects_sc[:, place].tolist(), strict=True)
        counts = ", ".join(f"{name} {count} of about {totals[place] * share:.0f}" for (name, share), count in held)
        told.append(f"{shortened(stock.classes[place])} ({counts})")
    rest = f" and {len(odd) - _NAMED} more" if len(odd) > _NAMED else ""
    text = f"{len(odd)} class(es) are dealt unevenly: {'; '.join(told)}{rest}. {_better(stock, shares, len(odd))}"
    faults.add("split-uneven", "data.seed", text, value=plan.seed)


def _better(stock: Stock, shares: Mapping[str, float], odd: int) -> str:
    """Name a seed that leaves fewer classes uneven."""
    seed = best_seed(stock, shares)
    if seed is not None:
        left = int(uneven(stock, tally(stock, dealt(stock, shares, seed), len(shares)), shares).sum())
        if left < odd:
            return f"data.seed: {seed} does better, {left} would be uneven"
    return f"None of {SEEDS} seeds does better"


def place_key(image: ImageRecord, plan: DataPlan) -> str:
    """Give what an image is dealt by: its group's name, else its pixels."""
    group = group_of(image, plan.group)
    if group is not None:
        return f"group {group}"
    if image.facts is None:
        raise ValueError(f"data: {shortened(image.file_name)} must be decoded to know its split: give the image folder")
    return f"pixels {image.facts.pixels}"


def _named(given: Mapping[str, Dataset]) -> dict[str, Dataset]:
    return {("train" if name == WHOLE else name): data for name, data in given.items()}


def _shares(splits: Mapping[str, Dataset], plan: DataPlan) -> dict[str, float]:
    """Give the shares of the splits that must be cut, and what they leave for train; nothing if all are there."""
    shares: dict[str, float] = {}
    for name, share in (("test", plan.test), ("val", plan.val)):
        if name in splits or share == "val":
            continue
        if share == 0:
            raise ValueError(f"data.{name}: the source has no {name} split and the share is 0; give one such as 0.15")
        shares[name] = float(share)
    if sum(shares.values()) >= 1:
        raise ValueError(f"data: the shares of {' and '.join(shares)} leave nothing to train on; lower them")
    return {**shares, "train": 1 - sum(shares.values())} if shares else {}


def _stock(data: Dataset, plan: DataPlan) -> Stock:
    return stock_of(data, [place_key(image, plan) for image in data.images])


def _at(data: Dataset, stock: Stock, split_u: list[int], place: int) -> Iterator[ImageRecord]:
    return (image for image, key in zip(data.images, stock.key_n.tolist(), strict=True) if split_u[key] == place)


def _cure(splits: Mapping[str, Dataset], plan: DataPlan, stock: Stock, lacking: list[str]) -> str:
    """Say which change of the plan gives each split objects; it has been tried."""
    fault = f"data.seed: under {plan.seed} no image with objects falls to {' and '.join(lacking)}"
    ways = [{}] if "test" in splits or plan.test == "val" else [{}, {"test": "val"}]
    for way in ways:
        changed = plan.model_copy(update=way)
        shares = _shares(splits, changed)
        own = tally(stock, dealt(stock, shares, plan.seed), len(shares)).empty_s.any() if shares else False
        seed = best_seed(stock, shares) if own else plan.seed
        if seed is not None:
            changes = way | ({"seed": seed} if seed != plan.seed else {})
            return f"{fault}; set " + " and ".join(f"data.{key}: {value}" for key, value in changes.items())
    return f"{fault}: {stock.labelled} image(s) or group(s) with objects are too few; add images or raise the shares"
