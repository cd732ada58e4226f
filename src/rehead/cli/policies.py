"""Which policy `rehead check` follows: what the command line says, over what the project says of this dataset."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from rehead.coco.decoding import MAX_PIXELS
from rehead.coco.kinds import Action
from rehead.coco.policy import named_actions


@dataclass(frozen=True)
class Rules:
    """What is done about faults, by code, and the largest image in pixels; `of_project` if params.yaml says so."""

    policy: dict[str, Action]
    max_pixels: int = MAX_PIXELS
    of_project: bool = False


def rules_for(target: Path, given: Iterable[str], *, params: Path = Path("params.yaml")) -> Rules:
    """Lay the command line's CODE=ACTION over the project's own policy, if this is the project's dataset.

    Raises ValueError that names each option that is no policy.
    """
    rules = _project_rules(target, params)
    return replace(rules, policy=rules.policy | _parsed(given))


def _parsed(given: Iterable[str]) -> dict[str, Action]:
    pairs = [text.partition("=")[::2] for text in given]
    actions: dict[str, Action] = {name: name for name in get_args(Action)}
    for code, action in pairs:
        if action not in actions:
            raise ValueError(f"--policy {code}={action}: write CODE=ACTION, ACTION being {', '.join(actions)}")
    return named_actions({code: actions[action] for code, action in pairs}, option="--policy ")


def _project_rules(target: Path, params: Path) -> Rules:
    """Read the rules of the project in this folder, and say so, if its dataset is the target."""
    try:
        # Most checks are of other data: a text that does not name it is not worth the time to import a parser.
        if target.name not in params.read_text(encoding="utf-8"):
            return Rules({})
    except (OSError, UnicodeDecodeError):
        return Rules({})
    from rehead.coco.plan import DataPlan  # pydantic and ruamel.yaml: 0.2 s
    from rehead.params import ParamsError, read_params

    try:
        plan = read_params("data", DataPlan, path=params)
    except ParamsError as error:
        print(f"note: {error}\nnote: the default policy is followed instead", file=sys.stderr)
        return Rules({})
    if (params.parent / plan.source).resolve() != target.resolve():
        return Rules({})
    if plan.policy:
        said = ", ".join(f"{code}: {action}" for code, action in plan.policy.items())
        print(f"note: following data.policy of {params} ({said})", file=sys.stderr)
    return Rules(plan.policy, plan.max_pixels, of_project=True)
