"""Epochs with their scores: training and validation in turns, wherever a signal comes between."""

from collections.abc import Iterator

from rehead.dataset.split import Split
from rehead.evaluation.together import score_together
from rehead.training.loop import Epoch
from rehead.training.resumption import OnStep, Resumable
from rehead.training.validation import validation_loss


def scored_epochs(
    training: Resumable, fit: Split, validate: Split, *, on_step: OnStep = lambda step: None
) -> Iterator[Epoch]:
    """Yield each epoch when it is scored; this is what all processes that train together do alike."""
    learner = training.learner
    for epoch in training.epochs(fit, on_step=on_step):
        loss = validation_loss(learner, validate, on_batch=training.heed)
        scores = score_together(learner.detector, validate, group=learner.group, on_image=training.heed)
        training.add(epoch, box_ap=scores.box["AP"], mask_ap=scores.mask["AP"], loss=loss)
        yield epoch


def follow(training: Resumable, fit: Split, validate: Split) -> None:
    """Take part in all epochs, as a process that keeps no files does."""
    for _ in scored_epochs(training, fit, validate):
        pass
