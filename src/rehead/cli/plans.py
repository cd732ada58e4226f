"""The three sections that `rehead init` sets up, each value checked by the section's own model."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pydantic

from rehead.coco.plan import DataPlan
from rehead.detector.plan import ModelPlan
from rehead.params import Section, describe_faults, read_params
from rehead.training.plan import TrainPlan


@dataclass(frozen=True)
class Plans:
    """The data, model and train sections as they stand."""

    data: DataPlan = field(default_factory=DataPlan)
    model: ModelPlan = field(default_factory=ModelPlan)
    train: TrainPlan = field(default_factory=TrainPlan)

    @classmethod
    def of(cls, path: Path) -> "Plans":
        """Read a params.yaml, defaults where there is none; raises ParamsError that lists a section's faults."""
        if not path.exists():
            return cls()
        return cls(
            read_params("data", DataPlan, path=path),
            read_params("model", ModelPlan, path=path),
            read_params("train", TrainPlan, path=path),
        )

    def value(self, section: str, key: str) -> Any:
        """Give one value as YAML has it: lists, mappings, numbers, text, None."""
        return self._section(section).model_dump(mode="json")[key]

    def with_value(self, section: str, key: str, value: Any) -> "Plans":
        """Set one value; raises ValueError with what the section finds wrong with it."""
        before = self._section(section)
        try:
            after = type(before).model_validate({**before.model_dump(), key: value})
        except pydantic.ValidationError as error:
            raise ValueError("; ".join(describe_faults(error, section, type(before)))) from None
        changes: dict[str, Any] = {section: after}
        return replace(self, **changes)

    def _section(self, name: str) -> Section:
        section: Section = getattr(self, name)
        return section
