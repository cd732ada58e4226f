"""Values are taken only if their section takes them."""

from pathlib import Path
from typing import Any

import pytest

from rehead.cli.plans import Plans


def test_without_a_file_all_is_as_the_sections_have_it(tmp_path: Path) -> None:
    assert Plans.of(tmp_path / "params.yaml") == Plans()


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("train: {batch_size: 3}\n")
    assert Plans.of(tmp_path / "params.yaml").value("train", "batch_size") == 3


def test_a_value_comes_back_as_yaml_has_it() -> None:
    plans = Plans().with_value("model", "anchor_sizes", (1, 2, 3, 4, 5))
    assert plans.value("model", "anchor_sizes") == [1, 2, 3, 4, 5]


def test_a_change_leaves_the_rest() -> None:
    plans = Plans().with_value("data", "seed", 3).with_value("train", "epochs", 7)
    assert (plans.value("data", "seed"), plans.value("train", "epochs")) == (3, 7)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("model", "input_size", 8),
        ("train", "batch_size", "many"),
        ("data", "tile", {"size": 1024, "overlap": 0.9}),
        ("data", "test", "train"),
    ],
)
def test_a_value_that_its_section_refuses_is_refused_with_the_reason(section: str, key: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"{section}\.{key}.*got"):
        Plans().with_value(section, key, value)
