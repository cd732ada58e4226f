"""The file that names the classes of a dataset: data.yaml with `names`, or classes.txt with a name a line."""

from pathlib import Path
from typing import Any

from rehead.coco.part_faults import PartFaults

YAML_SUFFIXES = (".yaml", ".yml")
_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml", "classes.txt", "obj.names")
_LARGEST = 1 << 20
_MOST = 100_000
_MOST_BRACKETS = 2_000


def class_file(folder: Path) -> Path | None:
    """Find the file in a folder, or the only YAML file there."""
    named = next((folder / name for name in _NAMES if (folder / name).is_file()), None)
    others = [entry for entry in folder.iterdir() if entry.suffix.lower() in YAML_SUFFIXES and entry.is_file()]
    return named or (others[0] if len(others) == 1 else None)


def read_class_names(path: Path, faults: PartFaults) -> dict[int, str] | None:
    """Read the names by the index that labels use, from 0; None with the fault noted."""
    below = faults.below(path.name)
    try:
        if path.stat().st_size > _LARGEST:
            below.add("classes-file", "", f"has {path.stat().st_size} bytes: no list of class names")
            return None
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        below.add("classes-file", "", f"cannot be read: {error}")
        return None
    if path.suffix.lower() not in YAML_SUFFIXES:
        return _checked({at: line.strip() for at, line in enumerate(text.strip().splitlines())}, below)
    value = _yaml(text, below)
    return None if value is None else _checked(value, below)


def _yaml(text: str, faults: PartFaults) -> dict[Any, Any] | None:
    from ruamel.yaml import YAML  # 0.4 s, which only this format needs
    from ruamel.yaml.error import YAMLError

    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        faults.add("classes-file", "", "nests too deep, or holds other things than class names")
        return None
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        faults.add("classes-file", "", f"is no YAML: {' '.join(str(error).split())[:300]}")
        return None
    names = value.get("names") if isinstance(value, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict):
        faults.add("classes-file", "names", "has no `names`: a list, or names by number", value=names)
        return None
    count = value.get("nc")
    if count is not None and count != len(names):
        faults.add("classes-file", "nc", f"nc is not the number of names ({len(names)})", value=count)
        return None
    return names


def _checked(names: dict[Any, Any], faults: PartFaults) -> dict[int, str] | None:
    """Prove that indices are whole numbers and names are text."""
    found: dict[int, str] = {}
    for index, name in names.items():
        number = int(index) if isinstance(index, str) and index.isdecimal() else index
        if type(number) is not int or not 0 <= number < _MOST or number in found:
            faults.add("classes-file", f"names[{index!r}]", "is no index from 0 that stands once", value=index)
        elif type(name) not in (str, int, float) or not str(name).strip():
            faults.add("classes-file", f"names[{number}]", "the class name is no text", value=name)
        elif str(name).strip() in found.values():
            faults.add("classes-file", f"names[{number}]", "two classes have the same name", value=name)
        else:
            found[number] = str(name).strip()
    if not names:
        faults.add("classes-file", "", "names no class")
    return found if names and len(found) == len(names) else None
