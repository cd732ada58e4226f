"""The bar of a study: how many images its trials have gone over, learning and validating, of all that they will."""

import optuna

from rehead.progress import Bar
from rehead.training.step import Step
from rehead.tuning.study import begun


class StudyBar:
    """Moves a bar on by images, of which an epoch has as many in each trial, whatever its batches are."""

    def __init__(self, bar: Bar, study: optuna.Study, *, trials: int, epochs: int) -> None:
        """Show a study that is to come to `trials` trials, each of `epochs` epochs unless it says otherwise."""
        self._bar, self._study, self._trials, self._epochs = bar, study, trials, epochs
        self._trial = ""

    def begin(self, epochs: int, *, images: int) -> None:
        """Show the trial that has begun, and how much is to come: not what an earlier one left out, being pruned."""
        number = len(begun(self._study))
        self._trial = f"{number} of {self._trials} trials"
        self._bar.expect(self._bar.done + images * (epochs + (self._trials - number) * self._epochs))

    def step(self, step: Step) -> None:
        """Count the images of a step."""
        self._bar.advance(f"{self._trial}, epoch {step.epoch}, loss {step.losses['loss']:.3f}", units=step.images)

    def image(self) -> None:
        """Count an image of validation."""
        self._bar.advance(f"{self._trial}, validating")
