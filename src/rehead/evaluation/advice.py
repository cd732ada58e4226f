"""What to try next, from the numbers of an evaluation: one rule for each thing that can hold a detector back.

A rule speaks where its numbers stand out. It says what to do, why, and which line of params.yaml tries it. `gain` is
the mask AP that is won at most, if all that the rule speaks of is mended; it orders the advice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from rehead.coco.statistics import INPUT_SIZES
from rehead.detector.sizes import LARGEST_INPUT, SEEN_PIXELS, detections_for
from rehead.evaluation.evidence import Evidence

LITTLE = 0.01
"""AP below which a gain is lost among runs that differ in their seed alone."""
_FAR_BELOW = 0.1
"""AP by which a class or a size lies below the others when it stands out."""
_FEW_OBJECTS = 100
"""Objects to train on below which a class has few, whatever the others have."""
_FEW_BESIDE = 0.5
"""Share of what a class has on average, below which it has few."""
_NEAR_CEILING = 0.9
"""Share of the ceiling that masks reach in true boxes when the grid, not the head, holds them back."""
_DOUBTFUL = 0.02
"""Share of labels that are denied, from which on they are worth a look."""
_RIGHTLY = 0.5
"""Share of denials that are taken to be right: on drawn images, whose labels are, a small model denies 2 in 100."""
_MORE = 2
"""Factor on what is to be raised: epochs, weight of a loss."""
_NAMED = 3
_PADDED_TO = 32
"""The network pads images to multiples of this."""
_FINER = {28: "fcn_56", 56: "fcn_112"}
_FREER = {"backbone+fpn+rpn": "backbone+fpn", "backbone+fpn": "backbone", "backbone": "stage3"}
"""What is frozen to what may be instead."""


@dataclass(frozen=True)
class Advice:
    """What to do, why, the line of params.yaml that tries it (None: the data are to change), and what it can win."""

    action: str
    because: str
    setting: str | None
    gain: float


Rule = Callable[[Evidence], Advice | None]


def advise(evidence: Evidence) -> list[Advice]:
    """Ask every rule, and put what can win most first; what can win less than runs differ by is left out."""
    told = [advice for rule in RULES if (advice := rule(evidence)) is not None]
    return sorted((one for one in told if one.gain >= LITTLE), key=lambda one: -one.gain)


def raise_limit(e: Evidence) -> Advice | None:
    """Allow as many detections as the fullest image has objects."""
    if not e.beyond_limit:
        return None
    limit = e.recipe.model.max_detections
    because = f"{e.beyond_limit} objects cannot be found: an image holds {e.fullest}, {limit} may be detected"
    setting = f"model.max_detections: {detections_for(e.fullest)}"
    return Advice("Raise the limit of detections", because, setting, e.ap * e.beyond_limit / e.objects)


def mend_labels(e: Evidence) -> Advice | None:
    """Look at doubted labels where there are many of them."""
    if not e.objects or e.suspects < _DOUBTFUL * e.objects:
        return None
    because = f"so many of {e.objects} labels are denied by what the model is usually right about"
    gain = (1.0 - e.ap) * min(_RIGHTLY * e.suspects / e.objects, 1.0)
    return Advice(f"Look at the {e.suspects} likely label errors", because, None, gain)


def add_data(e: Evidence) -> Advice | None:
    """Add objects of classes that score far below the others and have few."""
    known = [one.objects for one in e.classes if one.objects is not None]
    if len(e.classes) < 2 or not known:
        return None
    few = max(_FEW_OBJECTS, _FEW_BESIDE * fmean(known))
    usual = fmean([one.ap for one in e.classes if (one.objects or 0) >= few] or [one.ap for one in e.classes])
    weak = [one for one in e.classes if one.objects is not None and one.objects < few and one.ap < usual - _FAR_BELOW]
    if not weak:
        return None
    gain = sum(usual - one.ap for one in weak) / len(e.classes)
    named = sorted(weak, key=lambda one: one.ap)[:_NAMED]
    rest = f", and {len(weak) - len(named)} more" if len(weak) > len(named) else ""
    short = "; ".join(f"{one.name} has {one.objects} objects and mask AP {one.ap:.3f}" for one in named)
    because = f"{short}{rest}; the others reach {usual:.3f}"
    names = "; ".join(one.name for one in named)
    return Advice(f"Add training images that show {names}{' and others' if rest else ''}", because, None, gain)


def enlarge_input(e: Evidence) -> Advice | None:
    """Show small objects larger, as long as the files have the pixels."""
    if e.small_ap is None or e.larger_ap is None or e.tenth_px is None or e.larger_ap - e.small_ap < _FAR_BELOW:
        return None
    size = _input_for(e, e.input_size * SEEN_PIXELS / max(e.tenth_px, 1.0))
    if e.tenth_px >= SEEN_PIXELS or size <= e.input_size:
        return None
    because = (
        f"the network sees one object in ten at less than {e.tenth_px:.0f} px, and small objects reach AP "
        f"{e.small_ap:.3f}, larger ones {e.larger_ap:.3f}"
    )
    gain = (e.larger_ap - e.small_ap) * e.small_share
    return Advice("Show the network larger images", because, f"model.input_size: {size}", gain)


def draw_finer(e: Evidence) -> Advice | None:
    """Take masks of twice the side where the head fills its grid, and a finer one has a higher ceiling."""
    if e.ceiling is None or e.finer is None or e.side not in _FINER:
        return None
    if e.true_boxes is not None and e.true_boxes < _NEAR_CEILING * e.ceiling:
        return None
    because = f"no masks of {e.side} x {e.side} can pass AP {e.ceiling:.3f} on these objects, finer ones {e.finer:.3f}"
    gain = (e.finer - e.ceiling) * (e.ap / e.ceiling if e.ceiling else 0.0)
    return Advice("Draw finer masks", because, f"model.mask_head: {_FINER[e.side]}", gain)


def train_masks(e: Evidence) -> Advice | None:
    """Train the mask head on where true boxes leave it far below its ceiling."""
    if e.mask_cost is None:
        return None
    most = f"where {e.side} x {e.side} numbers can hold {e.ceiling:.3f}"
    because = f"in true boxes its masks reach AP {e.true_boxes:.3f}{e.by_one_look}, {most}"
    return Advice("Train the mask head longer", because, _longer(e), e.mask_cost)


def train_boxes(e: Evidence) -> Advice | None:
    """Give the boxes more weight, for what detection costs beside the kinds of errors that have rules of their own."""
    if e.detection_cost is None:
        gain, because = e.cost("localisation"), _priced(e, "localisation", "boxes beside their objects")
    else:
        gain = e.detection_cost - sum(e.cost(kind) for kind in ("class", "duplicate", "background", "missed"))
        lifted = f"true boxes lift mask AP from {e.plain_ap:.3f} to {e.true_boxes:.3f}{e.by_one_look}"
        because = f"{lifted}, more than what is missed, misnamed or invented explains"
    setting = f"train.loss_weights.box_reg: {_MORE * e.recipe.train.loss_weights.box_reg:g}"
    return Advice("Let the place of a box count more in training", because, setting, gain)


def tell_apart(e: Evidence) -> Advice | None:
    """Train classes apart that are confused."""
    if e.confused is None:
        return None
    true, taken, number = e.confused
    because = f"{_priced(e, 'class', 'wrong names')}, most often {taken} for {true} ({number} times)"
    setting = f"train.loss_weights.classifier: {_MORE * e.recipe.train.loss_weights.classifier:g}"
    action = f"Tell {true} from {taken}: add images of both, or let names count more"
    return Advice(action, because, setting, e.cost("class"))


def find_more(e: Evidence) -> Advice | None:
    """Let more of the network learn where objects are missed."""
    deeper = _FREER.get(e.recipe.train.freeze)
    setting = f"train.freeze: {deeper}" if deeper else _longer(e)
    because = _priced(e, "missed", "missed objects")
    return Advice("Let more of the network learn what an object is", because, setting, e.cost("missed"))


def merge_doubles(e: Evidence) -> Advice | None:
    """Train longer where one object is found twice: boxes that agree are merged."""
    because = f"{_priced(e, 'duplicate', 'second detections of an object')}; where boxes agree, only the best is kept"
    return Advice("Train longer, until the boxes of an object agree", because, _longer(e), e.cost("duplicate"))


def add_background(e: Evidence) -> Advice | None:
    """Show what is no object."""
    because = _priced(e, "background", "detections where nothing is labelled")
    return Advice("Add training images of what is taken for objects and is none", because, None, e.cost("background"))


RULES: Sequence[Rule] = (
    raise_limit,
    mend_labels,
    add_data,
    enlarge_input,
    draw_finer,
    train_masks,
    train_boxes,
    tell_apart,
    find_more,
    merge_doubles,
    add_background,
)


def _input_for(e: Evidence, needed: float) -> int:
    """Take the smallest usual input that is large enough, as far as images have the pixels."""
    usual = next((size for size in INPUT_SIZES if size >= needed), INPUT_SIZES[-1])
    return min(usual, LARGEST_INPUT, e.image_px // _PADDED_TO * _PADDED_TO)


def _longer(e: Evidence) -> str:
    return f"train.epochs: {_MORE * e.recipe.train.epochs}"


def _priced(e: Evidence, kind: str, words: str) -> str:
    return f"{words} cost {e.costs.get(kind, 0.0):.3f} AP50"
