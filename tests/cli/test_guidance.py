"""The guides that come with the package, and what stands in them."""

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import typer
from pycocotools.coco import COCO
from typer.testing import CliRunner, Result

from rehead.cli.app import app
from rehead.cli.guidance import guides, read_guide
from rehead.cli.routing.answers import Answers, Objects, Stuff, Want
from rehead.cli.routing.route import route
from tests.cli.squares import write_squares

NAME = "instance-vs-semantic"
TEXT = read_guide(NAME)


def guide(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["guide", *arguments])


def test_without_a_name_all_are_listed_with_their_titles() -> None:
    lines = guide().stdout.splitlines()
    assert [line.split()[0] for line in lines] == sorted(guides())
    assert any(line.endswith("which one, and with which model to start") for line in lines)


def test_where_nothing_is_a_terminal_a_guide_is_plain_markdown() -> None:
    assert guide(NAME).stdout == TEXT


def test_a_guide_is_saved_as_it_stands(tmp_path: Path) -> None:
    guide(NAME, "--out", str(tmp_path / "for" / "anna.md"))
    assert (tmp_path / "for" / "anna.md").read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize(("name", "said"), [("instance", f"did you mean {NAME}"), ("zzzz", "there are ")])
def test_an_unknown_guide_is_refused_with_the_nearest(name: str, said: str) -> None:
    assert said in str(guide(name).exception)


def test_the_table_of_routes_is_what_route_answers() -> None:
    rows = []
    for objects, stuff, want in product(Objects, reversed(Stuff), Want):
        found = route(Answers(objects, stuff, want))
        start = f"`{found.start.model}` of {found.start.library}"
        rows.append(f"| {objects} | {stuff} | {want} | {found.task} | {start} |")
    assert [line for line in TEXT.splitlines() if re.match(r"\| (each|class) \|", line)] == rows


@pytest.mark.parametrize("name", sorted(guides()))
def test_every_command_in_a_guide_exists(name: str) -> None:
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    named = set(re.findall(r"(?:`| {4}|&& )rehead ([a-z]+)", read_guide(name)))
    assert (named - set(verbs), bool(named)) == (set(), True)


def test_the_class_map_paints_small_objects_on_top_and_leaves_crowds_to_be_ignored(tmp_path: Path) -> None:
    def overlap(document: dict[str, list[dict[str, object]]]) -> None:
        large, small, crowd = document["annotations"]
        large |= {"segmentation": [[0, 0, 10, 0, 10, 10, 0, 10]], "area": 100.0}
        small |= {"segmentation": [[2, 2, 4, 2, 4, 4, 2, 4]], "area": 4.0, "category_id": 3}
        crowd |= {"segmentation": [[8, 8, 12, 8, 12, 12, 8, 12]], "area": 16.0, "iscrowd": 1}
        document["categories"].append({"id": 3, "name": "mortar"})

    program = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[0]
    names: dict[str, object] = {}
    exec(program, names)
    coco = COCO(write_squares(tmp_path / "a.json", images=1, size=(16, 12), side=4, change=overlap))
    map_hw = names["class_map"](coco, coco.loadImgs([1])[0])  # type: ignore[operator]
    expected = np.zeros((12, 16), np.uint8)
    expected[8:12, 8:12], expected[:10, :10], expected[2:4, 2:4] = 255, 2, 1
    assert np.array_equal(map_hw, expected)
