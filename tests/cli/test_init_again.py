"""`rehead init` where a project is set up already, for this dataset or for another one."""

from pathlib import Path

from tests.cli.initialised import PARAMS, PIPELINE, init, refusal, values
from tests.cli.squares import write_squares


def test_a_second_run_changes_nothing(bricks: Path) -> None:
    init(bricks)
    before = PARAMS.read_bytes(), PIPELINE.read_bytes()
    second = init(bricks).stdout.splitlines()[-1]
    assert (second.split(";")[0], PARAMS.read_bytes(), PIPELINE.read_bytes()) == ("nothing changed", *before)


def test_the_settings_of_another_dataset_are_kept(bricks: Path) -> None:
    init(bricks)
    write_squares(Path("other.json"))
    assert f"set up for {bricks}: give --force" in refusal("other.json")


def test_with_force_they_are_replaced(bricks: Path) -> None:
    init(bricks)
    write_squares(Path("other.json"))
    assert (init("other.json", "--force").exit_code, values()["data.source"]) == (0, "other.json")


def test_groups_of_another_dataset_are_forgotten(project: Path) -> None:
    write_squares(Path("walls.json"), images=60, name=lambda n: f"wall{n // 4}_{n % 4}.jpg")
    write_squares(Path("other.json"))
    init("walls.json")
    grouped = values()["data.group"]
    init("other.json", "--force")
    assert (grouped is not None, values()["data.group"]) == (True, None)


def test_a_dataset_that_grew_keeps_its_images_in_their_splits(project: Path) -> None:
    write_squares(Path("a.json"), images=40)
    init("a.json")
    before = {name: values()[name] for name in ("data.val", "data.test", "data.group", "data.seed")}
    write_squares(Path("a.json"), images=400)
    result = init("a.json")
    assert {name: values()[name] for name in before} == before
    assert "how images are split stays" in result.stderr


def test_with_force_it_is_split_anew(project: Path) -> None:
    write_squares(Path("a.json"), images=40)
    init("a.json")
    write_squares(Path("a.json"), images=400)
    init("a.json", "--force")
    assert (values()["data.val"], values()["data.test"]) == (0.15, 0.15)
