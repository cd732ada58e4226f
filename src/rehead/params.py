"""One section of params.yaml as a validated, frozen model; every fault in it is reported at once."""

import difflib
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from types import UnionType
from typing import Any, TypeGuard, TypeVar, Union, get_args, get_origin

import pydantic
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError

SECTIONS = ("data", "roi_align", "model", "train", "tune", "evaluate", "register", "retrain")
_SCALARS = (bool, int, float, str, type(None))
_NUMERAL = re.compile(r"\s*[-+]?[\d_.]+(e[-+]?\d+)?\s*", re.IGNORECASE)


class Section(pydantic.BaseModel):
    """Base of a parameter section: frozen, unknown keys refused, numbers finite and written as numbers."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    @pydantic.field_validator("*", mode="before")
    @classmethod
    def _numbers_as_such(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """Refuse true and "5" for a number: a chance of true would be one of 1.0."""
        asked = leaves_of(cls.model_fields[str(info.field_name)].annotation)
        if int in asked or float in asked:
            for item in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(item, bool) and bool not in asked:
                    raise PydanticCustomError("number", "Input should be a number, not true or false")
                if isinstance(item, str) and str not in asked and _NUMERAL.fullmatch(item):
                    raise PydanticCustomError("number", "Input should be a number, without quotation marks")
        return value


S = TypeVar("S", bound=pydantic.BaseModel)
Location = tuple[int | str, ...]
"""Keys and places that lead to a value."""


class ParamsError(ValueError):
    """Faults in params.yaml, one a line: where, what is wrong, what was meant."""


def read_params(name: str, section: type[S], *, path: Path = Path("params.yaml")) -> S:
    """Read section `name` of a params.yaml; a missing section takes its defaults.

    Raises ParamsError that lists every fault of the section and every unknown section name.
    """
    document = load_document(path)
    faults = [_unknown(str(key), SECTIONS, where="") for key in document if key not in SECTIONS]
    values = document.get(name)
    parsed: S | None = None
    try:
        parsed = section.model_validate({} if values is None else values)
    except pydantic.ValidationError as error:
        faults += describe_faults(error, name, section)
    if faults or parsed is None:
        raise ParamsError(f"{path} has {len(faults)} fault(s):\n" + "\n".join(f"  {fault}" for fault in faults))
    return parsed


def load_document(path: Path) -> dict[str, Any]:
    """Read the whole file as YAML 1.2, where 1e-05 is a number."""
    try:
        text = path.read_text(encoding="utf-8")
        document = YAML(typ="safe", pure=True).load(text)
    except FileNotFoundError:
        raise ParamsError(f"{path} does not exist: run in the project folder, or `rehead init PATH` here") from None
    except UnicodeDecodeError as error:
        raise ParamsError(f"{path} is not YAML: {error}") from None
    except YAMLError as error:
        raise ParamsError(describe_yaml_fault(error, path, text)) from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ParamsError(f"{path} must hold sections such as `train:`, not {type(document).__name__}")
    return document


def describe_yaml_fault(error: YAMLError, path: Path, text: str) -> str:
    """Say what keeps a text from being YAML; of a key that is set twice, the line and the section."""
    if not isinstance(error, DuplicateKeyError) or error.problem_mark is None:
        return f"{path} is not YAML: {error}"
    line, key = error.problem_mark.line, str(error.problem).split('"')[1]
    above = re.findall(r"^(\w+):", "\n".join(text.splitlines()[:line]), re.MULTILINE)
    where = f" in {above[-1]}" if error.problem_mark.column and above else ""
    return f"{path} line {line + 1}: {key} is set twice{where}; delete one"


def describe_faults(error: pydantic.ValidationError, name: str, section: type[pydantic.BaseModel]) -> list[str]:
    """Put pydantic's faults into one line each, with the nearest known key for an unknown one.

    Of a parameter that takes several kinds of value, the line says what each of them asks for.
    """
    lines = []
    for place, faults in groupby(error.errors(), key=lambda fault: _parameter_at(section, fault["loc"])):
        where = ".".join([name, *map(str, place)])
        asked = list(faults)
        if asked[0]["type"] == "extra_forbidden":
            owner = _section_at(section, place[:-1])
            lines.append(_unknown(str(place[-1]), tuple(owner.model_fields), where=where.rpartition(".")[0]))
        else:
            lines.append(f"{where}: {_asked(asked)}")
    return lines


def _asked(faults: Sequence[ErrorDetails]) -> str:
    """Say what a value should be and what it is, without pydantic's own words for its classes and checks."""
    first, got = faults[0], repr(faults[0]["input"])
    if first["type"] == "value_error":
        return f"{first['msg'].removeprefix('Value error, ')} (got {got})"
    if first["type"] == "model_type":
        return f"Input should be parameters with their values, such as {{name: value}}, got {got}"
    if first["type"] == "tuple_type":
        return f"Input should be a list, such as [a, b], got {got}"
    others = dict.fromkeys(fault["msg"].removeprefix("Input should be ") for fault in faults[1:])
    nearest: list[str] = []
    if first["type"] == "literal_error" and isinstance(first["input"], str):
        known = re.findall(r"'([^']+)'", first["msg"])
        nearest = difflib.get_close_matches(first["input"], known, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"{' or '.join([first['msg'], *others])}, got {got}{hint}"


def scalar_fields(section: type[pydantic.BaseModel]) -> dict[str, FieldInfo]:
    """List a section's single values by name, those of sections within it as `inner.name`."""
    fields: dict[str, FieldInfo] = {}
    for name, field in section.model_fields.items():
        if _is_section(field.annotation):
            fields |= {f"{name}.{inner}": value for inner, value in scalar_fields(field.annotation).items()}
        elif isinstance(field.default, _SCALARS):
            fields[name] = field
    return fields


def with_values(section: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a section given as mappings, with other values for some of its names; `inner.name` as in scalar_fields."""
    changed = dict(section)
    for name, value in values.items():
        outer, _, inner = name.partition(".")
        changed[outer] = with_values(changed.get(outer, {}), {inner: value}) if inner else value
    return changed


def _parameter_at(section: type[pydantic.BaseModel], location: Location) -> Location:
    """Cut a fault's location where it goes on with the names of the kinds that a parameter may be."""
    annotation: Any = section
    for at, part in enumerate(location):
        if len(_kinds(annotation)) > 1:
            return location[:at]
        annotation = _within(annotation, part)
    return location


def _section_at(section: type[pydantic.BaseModel], location: Location) -> type[pydantic.BaseModel]:
    """Follow a fault's location to the section that holds it, through nested sections and mappings of sections."""
    annotation: Any = section
    for part in location:
        annotation = _within(annotation, part)
        kind = next(iter(_kinds(annotation)), None)
        section = kind if _is_section(kind) else section
    return section


def _within(annotation: Any, part: int | str) -> Any:
    """Give the type of a section's field, or of what a mapping or a list holds."""
    kind = next(iter(_kinds(annotation)), None)
    if _is_section(kind):
        field = kind.model_fields.get(str(part))
        return field.annotation if field else None
    return (*get_args(kind), None)[1 if get_origin(kind) is dict else 0]


def _kinds(annotation: Any) -> list[Any]:
    """List the alternatives of a type, without None."""
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return [kind for kind in kinds if kind is not type(None)]


def leaves_of(annotation: Any) -> list[Any]:
    """List the types, and the values of literals, that a type is made of."""
    parts = get_args(annotation)
    return [leaf for part in parts for leaf in leaves_of(part)] if parts else [annotation]


def _is_section(annotation: Any) -> TypeGuard[type[pydantic.BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel)


def _unknown(key: str, known: tuple[str, ...], *, where: str) -> str:
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"known: {', '.join(known)}"
    return f"{where}{'.' if where else ''}{key}: no such parameter; {hint}"
