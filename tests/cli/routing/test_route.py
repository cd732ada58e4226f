"""The route that follows from three answers, for all of them; and the names in it, against what is installed."""

from itertools import product

import pytest
import torch
from torchvision.models import get_model_weights, get_weight, list_models, segmentation

from rehead.cli.plans import Plans
from rehead.cli.routing.answers import Answers, Objects, Stuff, Want
from rehead.cli.routing.route import route
from rehead.cli.routing.starts import STARTS, Start

OURS, LARGE = "maskrcnn_mobilenet_v2_fpn", "maskrcnn_resnet50_fpn_v2"
SEMANTIC = ["lraspp_mobilenet_v3_large", "deeplabv3_resnet101", "Unet"]
EXPECTED = {
    ("each", "no"): ("instance", [OURS, LARGE, LARGE]),
    ("each", "yes"): ("panoptic", ["panoptic_fpn_R_50_3x", "mask2former-swin-large", "mask2former-swin-base"]),
    ("class", "no"): ("semantic", SEMANTIC),
    ("class", "yes"): ("semantic", SEMANTIC),
}
ALL = list(product(Objects, Stuff, Want))
OF_TORCHVISION = [start for start in STARTS.values() if start.library == "torchvision"]
OF_REHEAD = [start for start in STARTS.values() if start.library == "rehead"]


@pytest.mark.parametrize(("objects", "stuff", "want"), ALL)
def test_each_of_the_twelve_answers_has_its_task_and_model(objects: Objects, stuff: Stuff, want: Want) -> None:
    task, models = EXPECTED[objects, stuff]
    found = route(Answers(objects, stuff, want))
    assert (found.task, found.start.model) == (task, models[list(Want).index(want)])


@pytest.mark.parametrize("answers", [Answers(*each) for each in ALL])
def test_rehead_claims_all_of_instance_segmentation_and_no_more(answers: Answers) -> None:
    found = route(answers)
    assert found.covers.startswith("all of it") == (found.task == "instance")


def test_sharp_borders_ask_for_a_finer_mask_and_for_its_ceiling_first() -> None:
    found = route(Answers(want=Want.BORDERS))
    heads = [setting.value for setting in found.start.settings if setting.name == "model.mask_head"]
    assert (heads, found.next[0]) == (["fcn_56"], "rehead ceiling PATH")


@pytest.mark.parametrize("start", OF_REHEAD, ids=lambda start: start.why[:20])
def test_settings_are_parameters_of_rehead(start: Start) -> None:
    plans = Plans()
    for setting in start.settings:
        section, _, key = setting.name.partition(".")
        plans = plans.with_value(section, key, setting.value)
    assert (plans.model.arch, plans.model.weights) == (start.model, start.weights)


@pytest.mark.parametrize("start", OF_TORCHVISION, ids=lambda start: start.model)
def test_torchvision_has_the_model_under_its_name_and_the_weights_for_it(start: Start) -> None:
    assert get_weight(start.weights) in get_model_weights(start.model)


@pytest.mark.parametrize("start", OF_TORCHVISION, ids=lambda start: start.model)
def test_the_python_lines_give_the_model_heads_for_three_classes(start: Start) -> None:
    auxiliary = ", aux_loss=True" if "aux_classifier" in "".join(start.code) else ""
    untrained = f"weights=None, weights_backbone=None{auxiliary}"  # nothing is fetched
    program = "\n".join(start.code).replace(f"weights={start.weights}", untrained)
    names: dict[str, torch.nn.Module] = {}
    with torch.device("meta"):
        exec(program, names)
        told = names["model"].eval()(torch.zeros(1, 3, 64, 64))
    assert told["out"].shape == (1, 3, 64, 64)


def test_the_model_for_speed_is_torchvisions_smallest_and_that_for_accuracy_its_best() -> None:
    weights = {name: get_model_weights(name).DEFAULT.meta for name in list_models(module=segmentation)}
    smallest = min(weights, key=lambda name: weights[name]["num_params"])
    best = max(weights, key=lambda name: weights[name]["_metrics"]["COCO-val2017-VOC-labels"]["miou"])
    assert (smallest, best) == (STARTS["semantic", Want.SPEED].model, STARTS["semantic", Want.ACCURACY].model)
