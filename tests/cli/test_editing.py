"""Edits keep everything but the value they set."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from rehead.cli.editing import ParamsText, flow, watching
from rehead.params import load_document

TEXT = """\
# What the pipeline does.

data:
  source: shapes             # drawn
  kinds: [circle, "square"]
  policy:
    # two
    a: 'warn'
    b: drop

    # still policy

# Learning.
train:
  lr: 0.001
  # fast: 0.1
  steps: {first: 1,
    last: 2}                 # of many
"""


def edited(text: str, section: str, key: str, value: Any) -> str:
    return ParamsText(Path("params.yaml"), text).with_value(section, key, value, because="a reason").text


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that are gone, and lines that are new."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_a_value_is_replaced_with_its_reason_and_each_other_line_stays() -> None:
    assert changed_lines(TEXT, edited(TEXT, "data", "source", "data/raw")) == (
        ["  source: shapes             # drawn"],
        ["  source: data/raw           # a reason"],
    )


def test_a_value_of_several_lines_is_replaced_whole() -> None:
    gone, new = changed_lines(TEXT, edited(TEXT, "train", "steps", None))
    assert (gone, new) == (
        ["  steps: {first: 1,", "    last: 2}                 # of many"],
        ["  steps: null                # a reason"],
    )


def test_a_block_is_replaced_and_the_comments_behind_it_stay() -> None:
    text = edited(TEXT, "data", "policy", {"a": "warn"})
    assert "  policy: {a: warn}          # a reason\n\n    # still policy\n\n# Learning.\n" in text


def test_a_new_value_stands_last_in_its_section() -> None:
    text = edited(TEXT, "data", "seed", 3)
    assert "    b: drop\n  seed: 3                    # a reason\n\n    # still policy\n" in text


def test_a_new_section_is_added_at_the_end() -> None:
    assert edited(TEXT, "model", "input_size", 320) == f"{TEXT}\nmodel:\n  input_size: 320  # a reason\n"


def test_a_section_without_values_is_filled() -> None:
    assert edited("model:  # ours\n\ndata: {}\n", "model", "seed", 1) == "model:\n  seed: 1  # a reason\n\ndata: {}\n"


def test_a_section_in_braces_gets_a_line_for_each_value() -> None:
    text = edited("train: {lr: 0.1, freeze: none}\ndata: {}\n", "train", "lr", 0.2)
    assert text == "train:\n  lr: 0.2  # a reason\n  freeze: none\ndata: {}\n"


def test_a_file_without_a_last_newline_gets_one() -> None:
    assert edited("train:\n  lr: 1", "train", "seed", 2) == "train:\n  lr: 1\n  seed: 2  # a reason\n"


def test_lines_of_windows_stay_lines_of_windows() -> None:
    text = edited(TEXT.replace("\n", "\r\n"), "train", "lr", 0.5)
    assert text.count("\n") == text.count("\r\n") == TEXT.count("\n")


def test_an_empty_file_is_begun() -> None:
    assert edited("", "data", "source", "x") == "data:\n  source: x  # a reason\n"


def test_the_same_edit_twice_changes_nothing_more() -> None:
    once = edited(TEXT, "train", "lr", 0.5)
    assert edited(once, "train", "lr", 0.5) == once


def test_a_reason_of_several_lines_becomes_one() -> None:
    text = ParamsText(Path("p"), "").with_value("a", "b", 1, because="one\ntwo: [").text
    assert text == "a:\n  b: 1  # one two: [\n"


def test_a_value_that_another_refers_to_is_not_edited() -> None:
    with pytest.raises(ValueError, match=r"data\.a cannot be set"):
        edited("data:\n  a: &x 1\n  b: *x\n", "data", "a", 2)


def test_a_value_that_a_section_takes_over_from_another_is_set_in_the_section() -> None:
    text = "base: &base\n  lr: 1\ntrain:\n  <<: *base\n  seed: 0\n"
    assert edited(text, "train", "lr", 2) == f"{text}  lr: 2  # a reason\n"


@pytest.mark.parametrize("text", ["a: [", "- 1\n", "a: 1\na: 2\n"])
def test_a_broken_file_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"params\.yaml"):
        ParamsText.of(tmp_path / "params.yaml")


def test_a_file_that_is_no_text_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"params\.yaml is not YAML"):
        ParamsText.of(tmp_path / "params.yaml")


def test_a_parameter_that_is_set_twice_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("model:\n  arch: a\n  arch: b\n")
    with pytest.raises(ValueError, match=r"params\.yaml line 3: arch is set twice in model; delete one"):
        ParamsText.of(tmp_path / "params.yaml")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inner),
    max_leaves=6,
)


@given(VALUES)
def test_a_value_written_on_one_line_is_read_back(value: Any) -> None:
    assert YAML(typ="safe", pure=True).load(f"a: {flow(value)}  # why")["a"] == value


@pytest.mark.parametrize(
    "text", ["null", "yes", "1", "1e3", "0x1", "a: b", "a #b", "- a", "'", "", " a", "~", "2020-01-01"]
)
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    assert YAML(typ="safe", pure=True).load(flow(text)) == text


def test_plain_text_is_written_plainly() -> None:
    assert flow({"a": ["x/y.json", r"^(\d+)_"]}) == r"{a: [x/y.json, '^(\d+)_']}"


PIPELINE = "deps:\n  # - ${data.source}\n  - a.py\n"


def test_the_dependency_on_the_source_is_put_in_force_once() -> None:
    once = watching(PIPELINE)
    assert (once, watching(once)) == ("deps:\n  - ${data.source}\n  - a.py\n",) * 2


def test_a_folder_of_images_beside_a_file_is_listed_until_another_takes_its_place(tmp_path: Path) -> None:
    listed, text = [], PIPELINE
    for images in (Path("one: images"), Path("two"), None):
        text = watching(text, images=images)
        (tmp_path / "dvc.yaml").write_text(text)
        listed.append(load_document(tmp_path / "dvc.yaml")["deps"])
    source = "${data.source}"
    assert listed == [[source, "one: images", "a.py"], [source, "two", "a.py"], [source, "a.py"]]
