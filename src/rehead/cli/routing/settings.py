"""A start made to fit a dataset: the advisers that `rehead init` asks, for the model that the route names.

They differ in one value. Where weights were trained on photographs of 800 pixels and speed is not what matters, the
network sees as much of an image as there is, and not the least that shows the objects.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from rehead.cli.advice import Advice, Adviser, Survey
from rehead.cli.learning import advise_batch_size, advise_epochs, advise_freeze
from rehead.cli.memory import Memory
from rehead.cli.plans import Plans
from rehead.cli.proposal import survey_of
from rehead.cli.routing.starts import Setting, Start
from rehead.cli.scale import advise_anchors, advise_detections, advise_input_size, advise_tile
from rehead.coco.records import Dataset

_STEP = 32
"""The network pads images to multiples of this."""
_SLOW = "trains slowly without a GPU, and none is found here; --want speed names a small one"


def fitted(start: Start, splits: Mapping[str, Dataset], memory: Memory) -> Iterator[Setting]:
    """Yield what goes into params.yaml, in its order; what the data decides stands with its reason."""
    plans, survey = Plans(), survey_of(splits, memory)
    for setting in start.settings:
        plans = plans.with_value(*_parts(setting.name), setting.value)
    found = {}
    for adviser in _ADVISERS:
        advice = adviser(survey, plans)
        plans = plans.with_value(advice.section, advice.key, advice.value)
        if advice.value is not None:
            found[advice.name] = Setting(advice.name, advice.value, advice.because)
    if plans.model.weights == "COCO_V1" and not memory.gpu:
        found["model.arch"] = Setting("model.arch", plans.model.arch, _SLOW)
    yield from (found.pop(setting.name, setting) for setting in start.settings)
    yield from found.values()


def _advise_input_size(survey: Survey, plans: Plans) -> Advice:
    """Raise what shows the objects to what the weights were trained at, or to what the images have."""
    least, trained = advise_input_size(survey, plans), plans.model.input_size
    if plans.model.weights != "COCO_V1" or trained is None:
        return least
    tile = plans.data.tile.size if plans.data.tile else np.inf
    own = int(np.quantile(np.minimum(survey.measured.sizes_n2, tile).min(axis=1), 0.9)) // _STEP * _STEP
    if min(trained, own) <= least.value:
        return least
    because = f"what the images have, up to the {trained} px that the weights were trained at"
    return Advice("model", "input_size", min(trained, own), because)


_ADVISERS: tuple[Adviser, ...] = (
    advise_tile,
    _advise_input_size,
    advise_detections,
    advise_anchors,
    advise_freeze,
    advise_batch_size,
    advise_epochs,
)


def _parts(name: str) -> tuple[str, str]:
    section, _, key = name.partition(".")
    return section, key
