"""Sections of params.yaml."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, field_validator

from rehead.params import ParamsError, Section, read_params


class Inner(Section):
    size: int = 160
    kinds: tuple[str, ...] = ("circle",)


class Outer(Section):
    lr: float = 0.1
    epochs: int = 8
    inner: Inner = Inner()
    perhaps: Inner | None = None
    named: dict[str, Inner] = Field(default_factory=dict)
    share: Annotated[float, Field(lt=1)] | Literal["val"] = 0.1
    choices: tuple[bool | float, ...] = ()
    sizes: tuple[int, ...] | None = None
    depth: Literal["stem", "stage1", "stage4"] = "stem"

    @field_validator("epochs")
    @classmethod
    def _even(cls, epochs: int) -> int:
        if epochs % 2:
            raise ValueError("must be even")
        return epochs


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "params.yaml"


def read(path: Path, text: str) -> Outer:
    path.write_text(text)
    return read_params("train", Outer, path=path)


def faults_of(path: Path, text: str) -> list[str]:
    with pytest.raises(ParamsError) as caught:
        read(path, text)
    return str(caught.value).splitlines()[1:]


@pytest.mark.parametrize("number", ["1e-05", "1e-5", "0.00001", "1E-5"])
def test_every_spelling_of_a_float_is_a_float(path: Path, number: str) -> None:
    assert read(path, f"train: {{lr: {number}}}").lr == 1e-05


@pytest.mark.parametrize("text", ["", "# nothing\n", "train:\n", "data: {}\n"])
def test_a_missing_section_takes_its_defaults(path: Path, text: str) -> None:
    assert read(path, text) == Outer()


def test_a_section_cannot_be_changed(path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        read(path, "").lr = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("train: {epoch: 3}", "  train.epoch: no such parameter; did you mean 'epochs'?"),
        ("train: {inner: {sise: 3}}", "  train.inner.sise: no such parameter; did you mean 'size'?"),
        ("train: {perhaps: {sise: 3}}", "  train.perhaps.sise: no such parameter; did you mean 'size'?"),
        ("train: {named: {a: {sise: 3}}}", "  train.named.a.sise: no such parameter; did you mean 'size'?"),
        (
            "train: {zzz: 3}",
            "  train.zzz: no such parameter; known: lr, epochs, inner, perhaps, named, share, choices, sizes, depth",
        ),
        ("trian: {lr: 1}", "  trian: no such parameter; did you mean 'train'?"),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest(path: Path, text: str, fault: str) -> None:
    assert faults_of(path, text) == [fault]


@pytest.mark.parametrize(
    ("value", "where"),
    [(".nan", "lr"), (".inf", "lr"), ("fast", "lr"), ("2.5", "epochs"), ("[1, x]", "epochs"), ("7", "inner")],
)
def test_a_value_of_the_wrong_kind_is_told_with_its_place(path: Path, value: str, where: str) -> None:
    assert faults_of(path, f"train: {{{where}: {value}}}")[0].startswith(f"  train.{where}: ")


def test_a_parameter_of_several_kinds_is_named_as_it_stands_in_the_file_with_all_it_may_be(path: Path) -> None:
    fault = "  train.share: Input should be less than 1 or 'val', got 2.0"
    assert faults_of(path, "train: {share: 2.0}") == [fault]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "{depth: stage5}",
            "depth: Input should be 'stem', 'stage1' or 'stage4', got 'stage5'; did you mean 'stage4'?",
        ),
        ("{epochs: 7}", "epochs: must be even (got 7)"),
        ("{inner: 7}", "inner: Input should be parameters with their values, such as {name: value}, got 7"),
        ("{choices: 7}", "choices: Input should be a list, such as [a, b], got 7"),
    ],
)
def test_a_fault_is_told_in_the_words_of_the_file(path: Path, text: str, fault: str) -> None:
    assert faults_of(path, f"train: {text}") == [f"  train.{fault}"]


def test_an_entry_of_several_kinds_is_told_with_its_place(path: Path) -> None:
    (fault,) = faults_of(path, "train: {choices: [1.5, {}]}")
    assert fault.startswith("  train.choices.1: Input should be a valid boolean or a valid number")


def test_all_faults_are_told_at_once(path: Path) -> None:
    assert len(faults_of(path, "train: {lr: x, epochs: y, inner: {size: z}}\nmodle: {}")) == 4


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{lr: true}", "lr: Input should be a number, not true or false, got True"),
        ("{epochs: false}", "epochs: Input should be a number, not true or false, got False"),
        ('{epochs: "8"}', "epochs: Input should be a number, without quotation marks, got '8'"),
        ("{lr: '1e-3'}", "lr: Input should be a number, without quotation marks, got '1e-3'"),
        ("{share: true}", "share: Input should be a number, not true or false, got True"),
        ("{inner: {size: true}}", "inner.size: Input should be a number, not true or false, got True"),
        ("{sizes: [8, true]}", "sizes: Input should be a number, not true or false, got [8, True]"),
    ],
)
def test_what_is_no_number_is_not_taken_for_one(path: Path, text: str, fault: str) -> None:
    assert faults_of(path, f"train: {text}") == [f"  train.{fault}"]


def test_numbers_stay_numbers_however_they_are_written(path: Path) -> None:
    found = read(path, "train: {lr: 1, epochs: 1e1, share: val, choices: [true, 0.5], sizes: [8, 16]}")
    assert (found.lr, found.epochs, found.share, found.choices, found.sizes) == (1.0, 10, "val", (True, 0.5), (8, 16))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("train:\n  lr: 1\n  # lr: 2\n  lr: 3\n", "line 4: lr is set twice in train; delete one"),
        ("data: {}\ntrain: {inner: {}}\ndata: {}\n", "line 3: data is set twice; delete one"),
    ],
)
def test_a_key_that_is_set_twice_is_told_with_its_line(path: Path, text: str, fault: str) -> None:
    with pytest.raises(ParamsError) as caught:
        read(path, text)
    assert str(caught.value) == f"{path} {fault}"


def test_a_missing_file_says_what_to_do(path: Path) -> None:
    with pytest.raises(ParamsError, match="does not exist: run in the project folder"):
        read_params("train", Outer, path=path)


@pytest.mark.parametrize("text", ["train: [", "\ttrain: {}"])
def test_a_file_that_is_no_yaml_is_refused(path: Path, text: str) -> None:
    with pytest.raises(ParamsError, match="is not YAML"):
        read(path, text)


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words"])
def test_a_file_without_sections_is_refused(path: Path, text: str) -> None:
    with pytest.raises(ParamsError, match="must hold sections"):
        read(path, text)


@pytest.mark.parametrize("text", ["train: 3", "train: [lr]"])
def test_a_section_that_holds_no_keys_is_refused(path: Path, text: str) -> None:
    assert len(faults_of(path, text)) == 1


def test_bytes_that_are_no_text_are_refused(path: Path) -> None:
    path.write_bytes(b"train: {lr: \xff\xfe}")
    with pytest.raises(ParamsError, match="is not YAML"):
        read_params("train", Outer, path=path)
