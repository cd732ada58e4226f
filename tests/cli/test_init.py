"""`rehead init` looks at a dataset and sets the project up for it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rehead.cli.plans import Plans
from rehead.cli.sections import check_sections
from rehead.coco.ingestion import ingest
from rehead.params import load_document
from rehead.retraining.watching import unwatched
from tests.cli.initialised import PARAMS, PIPELINE, SETTINGS, init, values
from tests.cli.squares import draw_images, write_squares

ROOT = Path(__file__).parents[2]


def test_what_is_advised_is_written(bricks: Path) -> None:
    init(bricks)
    expected = {"data.source": str(bricks), "data.test": "val", "model.input_size": 160, "train.freeze": "none"}
    assert {name: values()[name] for name in expected} == expected


def test_each_value_carries_its_reason(bricks: Path) -> None:
    init(bricks)
    reason = "nine of ten objects reach 20 px; from images of 480 px"
    assert re.search(rf"\n  input_size: 160 +# {reason}\n", PARAMS.read_text())


def test_a_thaw_of_before_is_taken_back_since_what_is_frozen_is_chosen_anew(bricks: Path) -> None:
    PARAMS.write_text(SETTINGS + "  thaw: 3\n")
    assert "train.thaw: null (was 3)" in init(bricks).stdout
    assert check_sections(PARAMS) == []


def test_what_is_written_is_valid(bricks: Path) -> None:
    init(bricks)
    assert check_sections(PARAMS) == []


def test_lines_that_are_not_advised_on_stay_as_they_are(bricks: Path) -> None:
    init(bricks)
    kept = ["# Settings.", "  fpn_channels: 96  # ours", "", "  weight_decay: 0.001"]
    assert [line for line in PARAMS.read_text().splitlines() if line in kept] == kept


def test_the_parameters_and_the_pipeline_of_this_project_are_set_up(bricks: Path) -> None:
    for path in (PARAMS, PIPELINE):
        shutil.copy(ROOT / path, path)
    init(bricks)
    assert (check_sections(PARAMS), unwatched(Path())) == ([], None)


def test_the_rate_of_the_demo_is_replaced(bricks: Path) -> None:
    init(bricks)
    assert values()["train.lr"] == 0.001


@pytest.mark.parametrize(("augment", "told"), [("{transpose: 0.5}", True), ("{flip_horizontal: 0.5}", False)])
def test_turned_images_are_told_for_datasets_in_which_up_matters(augment: str, told: bool, bricks: Path) -> None:
    PARAMS.write_text(f"{SETTINGS}  augment: {augment}\n")
    assert ("where up matters set transpose: 0 in train.augment" in init(bricks).stderr) is told


def test_what_comes_next_is_named_in_its_order(bricks: Path) -> None:
    assert init(bricks).stdout.splitlines()[-1].endswith(f"next: rehead check {bricks}, rehead doctor, then dvc repro")


def test_a_change_is_told_with_what_was(bricks: Path) -> None:
    assert "train.freeze: none (was backbone+fpn)  # " in init(bricks).stdout


def test_the_source_is_put_among_the_dependencies(bricks: Path) -> None:
    init(bricks)
    assert load_document(PIPELINE)["stages"]["ingest"]["deps"][0] == "${data.source}"


def test_of_a_file_the_images_are_put_among_the_dependencies_too(bricks: Path) -> None:
    draw_images(bricks / "images", 1, size=(640, 480))
    init("bricks/annotations.json")
    assert load_document(PIPELINE)["stages"]["ingest"]["deps"][:2] == ["${data.source}", "bricks/images"]


def test_a_dry_run_shows_the_changes_and_writes_nothing(bricks: Path) -> None:
    before = PARAMS.read_bytes(), PIPELINE.read_bytes()
    shown = init(bricks, "--dry-run").stdout
    assert (PARAMS.read_bytes(), PIPELINE.read_bytes()) == before
    assert [f"+  source: {bricks}" in shown, "+      - ${data.source}" in shown, "would change" in shown] == [True] * 3


def test_without_params_yaml_one_is_begun(bricks: Path) -> None:
    PARAMS.unlink()
    init(bricks)
    assert (check_sections(PARAMS), values()["data.source"]) == ([], str(bricks))


def test_without_dvc_yaml_it_is_said_that_dvc_repro_needs_one(bricks: Path) -> None:
    PIPELINE.unlink()
    result = init(bricks)
    assert (result.exit_code, "no dvc.yaml here" in result.stderr) == (0, True)


def test_weights_that_must_be_fetched_are_named_and_not_chosen(bricks: Path) -> None:
    result = init(bricks)
    assert (values()["model.weights"], "model.weights: COCO_V1" in result.stderr) == ("rehead_shapes", True)


def test_what_ingest_repairs_is_counted_and_left_to_check(project: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        for annotation in document["annotations"][:2]:
            del annotation["area"]

    write_squares(Path("a.json"), change=change)
    assert "2 area-missing: none stops ingest, and `rehead check a.json` names each" in init("a.json").stderr


def test_a_folder_called_shapes_is_not_taken_for_the_drawn_dataset(project: Path) -> None:
    write_squares(Path("shapes/annotations.json"))
    init("shapes")
    assert values()["data.source"] == "./shapes"


def test_images_are_split_by_a_seed_that_gives_each_split_its_share(project: Path) -> None:
    write_squares(Path("set/annotations.json"), size=(64, 64), side=20, images=10)
    draw_images(Path("set/images"), 10, size=(64, 64))
    init("set")
    splits = ingest(Plans.of(PARAMS).data, Path("dataset")).report["splits"]
    assert {name: split["images"] for name, split in splits.items()} == {"train": 7, "val": 3, "test": 3}


def test_sizes_that_stand_in_the_image_files_alone_are_read_there(project: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        for image in document["images"]:
            del image["width"], image["height"]

    write_squares(Path("set/annotations.json"), size=(320, 240), images=2, change=change)
    draw_images(Path("set/images"), 2, size=(320, 240))
    assert "from images of 240 px" in init("set").stdout


def test_a_given_test_split_decides_nothing(project: Path) -> None:
    write_squares(Path("set/train.json"), name="a{}.jpg".format)
    write_squares(Path("set/test.json"), name="b{}.jpg".format, size=(4000, 3000), side=20, objects=500)
    init("set")
    assert (values()["data.tile"], values()["model.max_detections"]) == (None, 100)


def test_a_wall_of_small_bricks_is_cut_into_tiles(project: Path) -> None:
    write_squares(
        Path("walls.json"),
        images=60,
        size=(4000, 3000),
        side=40,
        objects=120,
        name=lambda n: f"wall{n // 4}_{n % 4}.jpg",
    )
    init("walls.json")
    found = values()
    assert found["data.tile"] == {"size": 1024, "overlap": 0.1}
    assert (found["model.input_size"], found["model.max_detections"], found["data.test"]) == (448, 150, 0.2)


def test_it_looks_at_a_dataset_without_torch(bricks: Path) -> None:
    program = (
        "import sys; from rehead.cli.app import app; app(['init', 'bricks'], standalone_mode=False); "
        "print({'torch', 'matplotlib', 'scipy', 'mlflow'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "set()"
