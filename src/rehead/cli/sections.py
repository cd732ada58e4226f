"""Every section of params.yaml with the model that validates it, and all faults of a file at once."""

from pathlib import Path

import pydantic

from rehead.coco.plan import DataPlan
from rehead.detector.plan import ModelPlan
from rehead.evaluation.plan import EvaluationPlan
from rehead.params import load_document, read_params
from rehead.registry.plan import RegisterPlan
from rehead.retraining.policy import RetrainPlan
from rehead.roi_align.cases import AgreementPlan
from rehead.training.plan import TrainPlan
from rehead.tuning.plan import TunePlan
from rehead.tuning.space import axes_of

SECTION_MODELS: dict[str, type[pydantic.BaseModel]] = {
    "data": DataPlan,
    "roi_align": AgreementPlan,
    "model": ModelPlan,
    "train": TrainPlan,
    "tune": TunePlan,
    "evaluate": EvaluationPlan,
    "register": RegisterPlan,
    "retrain": RetrainPlan,
}


def check_sections(path: Path) -> list[str]:
    """List the faults of all sections, one a line; raises ParamsError if the file cannot be read at all."""
    load_document(path)
    faults: list[str] = []
    for name, model in SECTION_MODELS.items():
        try:
            plan = read_params(name, model, path=path)
            if isinstance(plan, ModelPlan) and plan.weights_fault is not None:
                faults.append(plan.weights_fault)
            if isinstance(plan, TunePlan):
                axes_of(plan.space, TrainPlan, given=read_params("train", TrainPlan, path=path))
        except ValueError as error:  # both name the faults below a first line
            faults += [line.strip() for line in str(error).splitlines()[1:]]
    return list(dict.fromkeys(faults))  # each section repeats the names of unknown ones
