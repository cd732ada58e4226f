"""What is done about each kind of fault: the defaults, a policy over them, and the policy of a repaired copy."""

import difflib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from rehead.coco.kinds import KINDS, Action

_GENTLE: tuple[Action, ...] = ("repair", "drop")


def chosen_actions(policy: Mapping[str, Action]) -> dict[str, Action]:
    """Overlay a policy on the defaults; raises ValueError that names each unknown code and each action not allowed."""
    return {code: kind.actions[0] for code, kind in KINDS.items()} | named_actions(policy)


def named_actions(policy: Mapping[str, Action], *, option: str = "data.policy.") -> dict[str, Action]:
    """Spell a policy out by code: `rle-*` stands for the kinds that begin so and allow the action, a full code wins.

    Raises ValueError that names each unknown code and each action not allowed, after the `option` that gave it.
    """
    faults: list[str] = []
    wide: dict[str, Action] = {}
    exact: dict[str, Action] = {}
    for name, action in policy.items():
        codes = [code for code in KINDS if fnmatchcase(code, name)] if "*" in name else [name]
        allowed = [code for code in codes if code in KINDS and action in KINDS[code].actions]
        if not allowed:
            faults.append(f"{option}{name}: {_refusal(name, action, codes)}")
        (wide if "*" in name else exact).update(dict.fromkeys(allowed, action))
    if faults:
        raise ValueError("\n".join(faults))
    return wide | exact


def mending(policy: Mapping[str, Action]) -> dict[str, Action]:
    """Turn each refusal by default into a repair, else into leaving the record out, where the kind allows one.

    What the policy names stays as it says; what can be neither repaired nor left out is still refused.
    """
    return dict(_mended()) | named_actions(policy)


def _mended() -> Iterator[tuple[str, Action]]:
    for code, kind in KINDS.items():
        gentle = [action for action in _GENTLE if action in kind.actions]
        if kind.actions[0] == "reject" and gentle:
            yield code, gentle[0]


def _refusal(name: str, action: Action, codes: list[str]) -> str:
    """Say why a policy's line fits no kind."""
    possible = sorted({allowed for code in codes if code in KINDS for allowed in KINDS[code].actions})
    if possible:
        return f"{action} is not possible; choose {' or '.join(possible)}"
    nearest = difflib.get_close_matches(name, KINDS, n=1, cutoff=0.4)
    return f"no such fault; {f'did you mean {nearest[0]}? ' if nearest else ''}`rehead check --codes` lists them"
