"""Edits keep everything but the value they set."""

from pathlib import Path

import pytest

from rehead.cli.editing import ParamsEdit, watch_source
from rehead.params import load_document

TEXT = """\
# What the pipeline does.

data:
  source: shapes             # drawn
  kinds: [circle, "square"]

# Learning.
train:
  lr: 0.001
"""


def edited(path: Path, section: str, key: str, value: int | str) -> str:
    edit = ParamsEdit.of(path)
    edit.set(section, key, value, because="a reason")
    edit.save()
    return path.read_text()


@pytest.fixture
def params(tmp_path: Path) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(TEXT)
    return path


def test_a_value_is_replaced_with_its_reason_and_the_rest_stays(params: Path) -> None:
    text = edited(params, "data", "source", "data/raw")
    kept = [line for line in TEXT.splitlines() if "source" not in line]
    assert [line for line in text.splitlines() if "source" not in line] == kept


def test_the_reason_takes_the_place_of_the_old_comment(params: Path) -> None:
    line = next(line for line in edited(params, "data", "source", "data/raw").splitlines() if "source" in line)
    assert line.split("#")[0].strip() == "source: data/raw"
    assert line.split("#")[1:] == [" a reason"]


def test_a_new_section_is_added(params: Path) -> None:
    edited(params, "model", "input_size", 320)
    assert load_document(params)["model"] == {"input_size": 320}


def test_a_file_that_does_not_exist_is_begun(tmp_path: Path) -> None:
    edited(tmp_path / "params.yaml", "data", "source", "x")
    assert load_document(tmp_path / "params.yaml") == {"data": {"source": "x"}}


def test_a_broken_file_is_refused_and_stays(params: Path) -> None:
    params.write_text("a: [")
    with pytest.raises(ValueError, match="is not YAML"):
        ParamsEdit.of(params)


def test_the_dependency_on_the_source_is_put_in_force_once(tmp_path: Path) -> None:
    pipeline = tmp_path / "dvc.yaml"
    pipeline.write_text("deps:\n  # - ${data.source}\n  - a.py\n")
    assert (watch_source(pipeline), watch_source(pipeline)) == (True, False)
    assert pipeline.read_text() == "deps:\n  - ${data.source}\n  - a.py\n"


def test_a_folder_of_images_beside_a_file_is_listed_until_another_takes_its_place(tmp_path: Path) -> None:
    pipeline = tmp_path / "dvc.yaml"
    pipeline.write_text("deps:\n  # - ${data.source}\n  - a.py\n")
    listed = []
    for images in (Path("one: images"), Path("two"), None):
        watch_source(pipeline, images=images)
        listed.append(load_document(pipeline)["deps"])
    source = "${data.source}"
    assert listed == [[source, "one: images", "a.py"], [source, "two", "a.py"], [source, "a.py"]]
