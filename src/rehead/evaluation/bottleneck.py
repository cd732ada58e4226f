"""Which head holds a detector back, and what to try next.

Three gaps, in mask AP: from what the detector scores by one look to its masks in true boxes, of one look too (what
detection costs: boxes, classes, misses, order), from there to the ceiling of its resolution (what the mask head costs),
and from there to 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rehead.evaluation.advice import LITTLE, Advice, advise
from rehead.evaluation.ceiling import Ceilings
from rehead.evaluation.evidence import Evidence, Recipe, evidence_of
from rehead.evaluation.true_boxes import TrueBoxes


def bottleneck(
    scored: Mapping[str, Any],
    analysis: Mapping[str, Any],
    truth: Mapping[str, Any],
    recipe: Recipe,
    *,
    one_look: float | None = None,
    true_boxes: TrueBoxes | None = None,
    ceilings: Ceilings | None = None,
) -> dict[str, Any]:
    """Tell which head costs more, what to try in which order, and the first of it in one sentence.

    `scored` is evaluation.json, `analysis` as much of analysis.json as there is, `truth` the split's COCO document.
    `one_look` is mask AP by one look, where `scored` is of several views.
    `head` is "box" or "mask", None if they cost alike or that was not measured.
    """
    numbers = {f"{head}_AP": scored[head]["AP"] for head in ("box", "mask", "boundary")}
    numbers["mask_AP_one_look"] = scored["mask"]["AP"] if one_look is None else one_look
    numbers["mask_AP_true_boxes"] = true_boxes.mask["AP"] if true_boxes else None
    numbers["mask_AP_ceiling"] = ceilings.by_resolution[0].mask["AP"] if ceilings else None
    if numbers["mask_AP"] is None:
        return numbers | {"head": None, "advice": [], "sentence": "Nothing can be told: there is no object to find."}
    evidence = evidence_of(scored, analysis, truth, recipe, one_look=one_look, true_boxes=true_boxes, ceilings=ceilings)
    advice, images = advise(evidence), len(truth["images"])
    told = {"head": costlier_head(evidence), "advice": [asdict(one) for one in advice]}
    return numbers | told | {"sentence": sentence_of(evidence, advice, images=images)}


def costlier_head(evidence: Evidence) -> str | None:
    """Name the head whose perfection would win more; None if the difference is lost in noise, or was not measured."""
    detection, mask = evidence.detection_cost, evidence.mask_cost
    if detection is None or mask is None or abs(detection - mask) < max(LITTLE, evidence.noise or 0.0):
        return None
    return "box" if detection > mask else "mask"


def sentence_of(evidence: Evidence, advice: Sequence[Advice], *, images: int) -> str:
    """Put the verdict and the first advice into one sentence, with how sure it is."""
    tell, noise = f"{images} images tell" if images != 1 else "1 image tells", evidence.noise
    unknown = "how far that holds on other images is not known"
    sure = unknown if noise is None else f"{tell} mask AP to within {noise:.3f} only"
    if not advice:
        doubt = f"; {sure}" if noise is None or noise >= LITTLE else ""
        return f"Nothing stands out: no single change promises {LITTLE} mask AP{doubt}."
    first = advice[0]
    how = f" ({first.setting})" if first.setting else ""
    action = f"{first.action[0].lower()}{first.action[1:]}{how}, since {first.because}"
    worth = f"that is worth {first.gain:.3f} mask AP at most"
    if noise is not None and first.gain < noise:
        return f"Nothing stands out: {sure}. The best guess is to {action}; {worth}."
    told = "" if first.gain == evidence.mask_cost else f"; {worth}"  # the verdict has told that
    return f"{_verdict(evidence)}: {action}{told}{f'; {sure}' if noise is None else ''}."


def _verdict(evidence: Evidence) -> str:
    if evidence.detection_cost is None or evidence.mask_cost is None:
        return "What to try first"
    detection, mask = f"{evidence.detection_cost:.3f}", f"{evidence.mask_cost:.3f}"
    words = {
        "box": f"Perfect detection would win more (at most {detection} mask AP) than a perfect mask head ({mask})",
        "mask": f"A perfect mask head would win more (at most {mask} mask AP) than perfect detection ({detection})",
        None: f"Perfect detection and a perfect mask head would win alike, as far as is known (at most "
        f"{detection} and {mask} mask AP)",
    }
    told = words[costlier_head(evidence)]
    return told if evidence.one_look is None else f"By one look, {told[0].lower()}{told[1:]}"
