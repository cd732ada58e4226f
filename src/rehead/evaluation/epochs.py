"""Epochs with their scores: training and validation in turns, wherever a signal comes between."""

from collections.abc import Callable, Iterator

from rehead.dataset.split import Split
from rehead.evaluation.together import score_together
from rehead.progress import Bar
from rehead.training.loop import Epoch
from rehead.training.resumption import Resumable
from rehead.training.step import Step
from rehead.training.validation import validation_loss


def scored_epochs(training: Resumable, fit: Split, validate: Split, *, bar: Bar | None = None) -> Iterator[Epoch]:
    """Yield each epoch when it is scored; this is what all processes that train together do alike.

    An epoch goes over the images to validate on twice, for the loss and for the scores. `bar` counts the images.
    """
    learner, each = training.learner, images_an_epoch(fit, validate)

    def show(step: Step) -> None:
        if bar is not None:
            bar.expect(learner.budget.epochs * each)
            bar.advance(f"epoch {step.epoch}, loss {step.losses['loss']:.3f}", units=step.images)
            if step.note:
                bar.line(step.note)

    def counted(several: int) -> Callable[[], None]:
        """Give what is called after each part of the images to validate on; the last part may be smaller."""
        left = len(validate)

        def done() -> None:
            nonlocal left
            now = min(several, left)
            left -= now
            if bar is not None:
                bar.advance("validating", units=now)
            training.heed()

        return done

    size = learner.group.size
    for epoch in training.epochs(fit, on_step=show):
        loss = validation_loss(learner, validate, on_batch=counted(learner.plan.images_at_once * size))
        scores = score_together(learner.detector, validate, group=learner.group, on_image=counted(size))
        training.add(epoch, box_ap=scores.box["AP"], mask_ap=scores.mask["AP"], loss=loss)
        yield epoch


def follow(training: Resumable, fit: Split, validate: Split) -> None:
    """Take part in all epochs, as a process that keeps no files does."""
    for _ in scored_epochs(training, fit, validate):
        pass


def images_an_epoch(fit: Split, validate: Split) -> int:
    """Count the images that an epoch goes over, those of validation twice."""
    return len(fit) + 2 * len(validate)


def images_done(training: Resumable, fit: Split, validate: Split) -> int:
    """Count the images that a training has gone over so far; a validation that was interrupted begins anew."""
    learner, scored = training.learner, len(training.history.rows)
    of_steps = min(learner.steps_in_epoch * learner.plan.images_a_step, len(fit))
    return scored * images_an_epoch(fit, validate) + (learner.epochs_done - scored) * len(fit) + of_steps
