"""The trainings of an ablation: what each is, where its outcome is kept, and what it came to."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Run:
    """One finished training and what it found in the validation split."""

    value: str
    """The value under comparison, such as "28" or "roi_pool"."""
    seed: int
    results: list[dict[str, Any]]
    """COCO results on the validation split, by the weights of the last epoch."""
    seconds: float
    """Wall time of the training alone, without start, loading and prediction."""
    processor_seconds: float
    """Time that processors worked on that training; other work on the machine does not lengthen it."""
    peak_memory_mib: float
    """Most memory up to the end of the training: the GPU's if it ran on one, else the process's."""
    images_per_second: float
    parameters: int
    """Parameters of the whole detector, frozen ones included."""
