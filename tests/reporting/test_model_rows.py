"""What the model started from and which parts learned, as rows."""

from typing import Any

import pytest

from rehead.reporting.model_rows import module_rows, start_rows, thawed_in_vain
from rehead.reporting.report import write_report

MODULES = [
    {"part": "stage1", "modules": ["b.1", "b.2", "b.3"], "parameters": 5, "state": "frozen", "thaws": None},
    {"part": "stage2", "modules": ["b.4"], "parameters": 6, "state": "frozen", "thaws": 3},
    {"part": "mask_head", "modules": ["r.m"], "parameters": 7, "state": "learning", "thaws": None},
]
HEADS = {
    "source": "models:/fruit@champion",
    "sha256": "cd" * 32,
    "classes": [
        {"label": 1, "name": "nut", "start": "carried", "known_label": 2},
        {"label": 2, "name": "<i>Bolt", "start": "mean", "known_label": None},
    ],
    "dropped": ["screw"],
    "lookalikes": [["<i>Bolt", "bolt"]],
    "fresh": [],
    "changed": {"input_size": {"was": 160, "is": 320}},
}


def test_a_part_says_whether_it_learned_and_since_when() -> None:
    rows = [(row.part, row.modules, row.words, row.learned) for row in module_rows({"modules": MODULES})]
    assert rows == [
        ("stage1", "b.1 to 3", "frozen", False),
        ("stage2", "b.4", "frozen before epoch 3", True),
        ("mask head", "r.m", "learning", True),
    ]


@pytest.mark.parametrize(("best", "in_vain"), [(2, True), (3, False)])
def test_an_epoch_that_was_kept_from_before_the_thaw_is_told(best: int, in_vain: bool) -> None:
    assert thawed_in_vain({"modules": MODULES, "best_epoch": best}) is in_vain


def test_reports_of_before_there_were_such_rows_have_none() -> None:
    assert (module_rows({}), start_rows({}), thawed_in_vain({})) == ([], [], False)


def test_each_class_has_its_start_in_words() -> None:
    assert [(name, carried) for name, carried, _ in start_rows(HEADS)] == [("nut", True), ("<i>Bolt", False)]


@pytest.fixture(scope="module")
def page(evaluation: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "index.html"
    write_report(path, evaluation=evaluation, training={"modules": MODULES, "best_epoch": 2}, heads=HEADS)
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "frozen before epoch 3",
        "came before the thaw",
        "models:/fruit@champion",
        "1 of 2 classes keep their rows",
        "&lt;i&gt;Bolt and bolt of the weights look alike",
        "Left behind: screw",
        "320 (was 160)",
    ],
)
def test_the_page_shows(page: str, text: str) -> None:
    assert text in page
