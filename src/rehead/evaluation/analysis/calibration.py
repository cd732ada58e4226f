"""Whether a score can be read as a probability: how often detections with such a score are right."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.outcomes import AT_50, Outcomes

BINS = 10


def calibration(outcomes: Outcomes) -> dict[str, Any]:
    """Compare scores with the share of right detections in ten equal steps of the score from 0 to 1.

    Of each step that has detections: its ends, their mean score, the share that found an object (precision) and how
    many there are. `expected_error` is the mean distance of the two, each step weighed by its detections (expected
    calibration error, Naeini et al. 2015), None without detections. A score outside 0..1 counts with the nearest step.
    """
    counted_n = outcomes.counted_tn[AT_50]
    scores_n, hits_n = outcomes.scores_n[counted_n], outcomes.hits_tn[AT_50, counted_n]
    bin_n = bins_of(scores_n)
    bins = [
        {
            "low": number / BINS,
            "high": (number + 1) / BINS,
            "score": float(scores_n[bin_n == number].mean()),
            "precision": float(hits_n[bin_n == number].mean()),
            "count": int((bin_n == number).sum()),
        }
        for number in np.unique(bin_n).tolist()
    ]
    gaps = [abs(one["score"] - one["precision"]) * one["count"] for one in bins]
    return {"bins": bins, "expected_error": sum(gaps) / len(scores_n) if bins else None}


def bins_of(scores_n: NDArray[np.float64]) -> NDArray[np.int64]:
    """Name the step of each score."""
    return np.clip(np.floor(scores_n * BINS), 0, BINS - 1).astype(np.int64)


def chances(outcomes: Outcomes) -> NDArray[np.float64]:
    """Give for each step of the score the chance that such a detection is right, never quite 0 or 1.

    One right and one wrong detection are added to each step (Laplace), so that a step with few says little.
    """
    counted_n = outcomes.counted_tn[AT_50]
    bin_n = bins_of(outcomes.scores_n[counted_n])
    right = np.bincount(bin_n, weights=outcomes.hits_tn[AT_50, counted_n], minlength=BINS)
    return (right + 1) / (np.bincount(bin_n, minlength=BINS) + 2)
