"""A training that may be interrupted after any step or any validated image, and goes on there with the same numbers."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rehead.dataset.split import Split
from rehead.detector.checkpoint import check_manifest
from rehead.files import held_lock
from rehead.stage import Ending
from rehead.training.checkpoint import Checkpoint
from rehead.training.history import History
from rehead.training.learner import Learner
from rehead.training.loop import Epoch, epoch_of, train
from rehead.training.step import Step

OnStep = Callable[[Step], None]


class Resumable:
    """A learner, what its epochs came to so far, and the checkpoint that both go on from.

    Of several processes that train together rank 0 alone reads and writes the checkpoint, and all go on from it.
    """

    def __init__(self, learner: Learner, checkpoint: Checkpoint, ending: Ending) -> None:
        """Go on from the newest state that is whole; from the beginning where there is none."""
        self.learner, self.history = learner, History()
        self.run_id: str | None = None
        """The tracked run that the training began in."""
        self._checkpoint, self._ending = checkpoint, ending
        self._steps: list[Step] = []  # those of the epoch that has no row yet
        self._saved = time.monotonic()
        state = learner.group.shared(lambda: next((s for s in checkpoint.states() if self._is_whole(s)), None))
        if state is not None:
            self._restore(state)

    @property
    def best(self) -> Path:
        """Give the folder of the best detector so far."""
        return self._best_of(self.history)

    def epochs(self, split: Split, *, on_step: OnStep = lambda step: None) -> Iterator[Epoch]:
        """Yield each epoch that is not in the history yet, as `train` does; `add` and `save` belong into the loop.

        A signal to end is obeyed after the step, with the state saved, so by SystemExit where the learner is whole.
        """

        def after(step: Step) -> None:
            self._steps.append(step)
            on_step(step)
            self.heed()

        with self._ending.held_back():
            if self.learner.epochs_done > len(self.history.rows):
                self.learner.budget.pause()
                yield epoch_of(self._steps)
            earlier = tuple(self._steps)
            patience = self.learner.plan.patience
            try:
                yield from train(
                    self.learner,
                    split,
                    earlier=earlier,
                    on_step=after,
                    until=lambda: self.history.has_settled(patience),
                )
            except RuntimeError as error:
                if self._ending.status is None:
                    raise
                # The processes that load images get the signal as well, and may be gone before the step is done.
                print(f"the step was not finished ({error}): the next run goes on from the last save", file=sys.stderr)
                sys.exit(self._ending.status)

    def heed(self) -> None:
        """Save if it is time to or somebody has asked to end, which then all processes that train together do."""
        asked = self.learner.group.asked(self._ending.status)
        if asked is not None or time.monotonic() - self._saved >= 60.0 * self.learner.plan.save_minutes:
            self.save()
        if asked is not None:
            sys.exit(asked)

    def add(self, epoch: Epoch, *, box_ap: float | None, mask_ap: float | None, loss: float | None = None) -> None:
        """Add an epoch and its validation to the history, and keep the detector if it is the best so far.

        The time of the validation is counted, so that a save knows it.
        """
        self.learner.budget.count_pause(step=self.learner.steps_done)
        if self.history.add(epoch, box_ap=box_ap, mask_ap=mask_ap, loss=loss) and self.learner.group.leads:
            self._checkpoint.save_best(self.learner.detector, epoch.number)
        self._steps.clear()

    def save(self) -> None:
        """Write all that the next step depends on."""
        if not self.learner.group.leads:
            return
        self._checkpoint.save(
            {
                "classes": list(self.learner.detector.classes),
                "learner": self.learner.state(),
                "rows": self.history.rows,
                "steps": [asdict(step) for step in self._steps],
                "run_id": self.run_id,
            }
        )
        self._saved = time.monotonic()

    def _is_whole(self, state: dict[str, Any]) -> bool:
        """Tell whether the best detector that a state names is as it was saved."""
        if not state["rows"]:
            return True
        try:
            check_manifest(self._best_of(History(state["rows"])))
        except ValueError as error:
            print(f"checkpoint: {error}; going on from an older state", file=sys.stderr)
            return False
        return True

    def _best_of(self, history: History) -> Path:
        return self._checkpoint.best(int(history.best["epoch"] or 0))

    def _restore(self, state: dict[str, Any]) -> None:
        own = list(self.learner.detector.classes)
        if state["classes"] != own:
            raise ValueError(
                f"{self._checkpoint.folder} is of a detector for {state['classes']}, this one is for {own}: delete it"
            )
        self.learner.restore(state["learner"])
        self.history = History(state["rows"])
        self._steps = [Step(**step) for step in state["steps"]]
        self.run_id = state["run_id"]


@contextmanager
def resumable(learner: Learner, root: Path, *, inputs: Iterable[Path], ending: Ending) -> Iterator[Resumable]:
    """Train in the block by a checkpoint below `root` that belongs to these inputs; it is removed when all went well.

    Raises RuntimeError if another process trains by the same checkpoint.
    """
    if not learner.group.leads:
        yield Resumable(learner, Checkpoint(root), ending)
        return
    checkpoint = Checkpoint.of_inputs(root, inputs=inputs, plan=learner.params["train"])
    with held_lock(checkpoint.folder / "lock", what=f"the training kept in {checkpoint.folder}"):
        yield Resumable(learner, checkpoint, ending)
        checkpoint.remove()
