"""`rehead init` looks at a dataset and sets the project up for it."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from rehead.cli.app import app
from rehead.cli.plans import Plans
from rehead.cli.sections import check_sections
from rehead.coco.ingestion import ingest
from rehead.files import write_json
from rehead.params import load_document
from rehead.retraining.watching import unwatched
from tests.cli.squares import draw_images, write_squares

ROOT = Path(__file__).parents[2]
PARAMS, PIPELINE = Path("params.yaml"), Path("dvc.yaml")
SETTINGS = """\
# Settings.
data:
  source: shapes  # drawn
  seed: 0
model:
  fpn_channels: 96  # ours

train:
  freeze: backbone+fpn
  lr: 0.002
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder set up for the drawn dataset."""
    monkeypatch.chdir(tmp_path)
    PARAMS.write_text(SETTINGS)
    PIPELINE.write_text("stages:\n  ingest:\n    deps:\n      # - ${data.source}\n      - src\n")
    return tmp_path


@pytest.fixture
def bricks(folder: Path) -> Path:
    """A COCO folder of six images of 640 x 480 with three objects of 60 px each."""
    return write_squares(folder / "bricks" / "annotations.json").parent


def init(*arguments: object, answers: str | None = None) -> Result:
    return CliRunner().invoke(app, ["init", *map(str, arguments)], input=answers)


def refusal(*arguments: object) -> str:
    """The line that a refused init ends with; both files must be as they were."""
    before = {path: path.read_bytes() for path in (PARAMS, PIPELINE) if path.is_file()}
    result = init(*arguments)
    assert (result.exit_code, isinstance(result.exception, (ValueError, OSError))) == (1, True)
    assert {path: path.read_bytes() for path in (PARAMS, PIPELINE) if path.is_file()} == before
    return str(result.exception)


def values() -> dict[str, Any]:
    """The values of params.yaml by their dotted names."""
    return {f"{section}.{key}": v for section, block in load_document(PARAMS).items() for key, v in block.items()}


def test_what_is_advised_is_written(bricks: Path) -> None:
    init(bricks)
    expected = {"data.source": str(bricks), "data.test": "val", "model.input_size": 160, "train.freeze": "none"}
    assert {name: values()[name] for name in expected} == expected


def test_each_value_carries_its_reason(bricks: Path) -> None:
    init(bricks)
    reason = "nine of ten objects reach 20 px; from images of 480 px"
    assert re.search(rf"\n  input_size: 160 +# {reason}\n", PARAMS.read_text())


def test_what_is_written_is_valid(bricks: Path) -> None:
    init(bricks)
    assert check_sections(PARAMS) == []


def test_a_second_run_changes_nothing(bricks: Path) -> None:
    init(bricks)
    before = PARAMS.read_bytes(), PIPELINE.read_bytes()
    second = init(bricks).stdout.splitlines()[-1]
    assert (second.split(";")[0], PARAMS.read_bytes(), PIPELINE.read_bytes()) == ("nothing changed", *before)


def test_lines_that_are_not_advised_on_stay_as_they_are(bricks: Path) -> None:
    init(bricks)
    kept = ["# Settings.", "  fpn_channels: 96  # ours", "", "  lr: 0.002"]
    assert [line for line in PARAMS.read_text().splitlines() if line in kept] == kept


def test_the_parameters_and_the_pipeline_of_this_project_are_set_up(bricks: Path) -> None:
    for path in (PARAMS, PIPELINE):
        shutil.copy(ROOT / path, path)
    init(bricks)
    assert (check_sections(PARAMS), unwatched(Path())) == ([], None)


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


def test_what_ingest_repairs_is_counted_and_left_to_check(folder: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        for annotation in document["annotations"][:2]:
            del annotation["area"]

    write_squares(folder / "a.json", change=change)
    assert "2 area-missing: none stops ingest, and `rehead check a.json` names each" in init("a.json").stderr


def test_the_settings_of_another_dataset_are_kept(bricks: Path) -> None:
    init(bricks)
    write_squares(Path("other.json"))
    assert f"set up for {bricks}: give --force" in refusal("other.json")


def test_with_force_they_are_replaced(bricks: Path) -> None:
    init(bricks)
    write_squares(Path("other.json"))
    assert (init("other.json", "--force").exit_code, values()["data.source"]) == (0, "other.json")


def test_groups_of_another_dataset_are_forgotten(folder: Path) -> None:
    write_squares(Path("walls.json"), images=60, name=lambda n: f"wall{n // 4}_{n % 4}.jpg")
    write_squares(Path("other.json"))
    init("walls.json")
    grouped = values()["data.group"]
    init("other.json", "--force")
    assert (grouped is not None, values()["data.group"]) == (True, None)


def test_a_folder_called_shapes_is_not_taken_for_the_drawn_dataset(folder: Path) -> None:
    write_squares(Path("shapes/annotations.json"))
    init("shapes")
    assert values()["data.source"] == "./shapes"


def test_images_are_split_by_a_seed_that_gives_each_split_its_share(folder: Path) -> None:
    write_squares(Path("set/annotations.json"), size=(64, 64), side=20, images=10)
    draw_images(Path("set/images"), 10, size=(64, 64))
    init("set")
    splits = ingest(Plans.of(PARAMS).data, Path("dataset")).report["splits"]
    assert {name: split["images"] for name, split in splits.items()} == {"train": 7, "val": 3, "test": 3}


def test_a_dataset_that_grew_keeps_its_images_in_their_splits(folder: Path) -> None:
    write_squares(Path("a.json"), images=40)
    init("a.json")
    before = {name: values()[name] for name in ("data.val", "data.test", "data.group", "data.seed")}
    write_squares(Path("a.json"), images=400)
    result = init("a.json")
    assert {name: values()[name] for name in before} == before
    assert "how images are split stays" in result.stderr


def test_with_force_it_is_split_anew(folder: Path) -> None:
    write_squares(Path("a.json"), images=40)
    init("a.json")
    write_squares(Path("a.json"), images=400)
    init("a.json", "--force")
    assert (values()["data.val"], values()["data.test"]) == (0.15, 0.15)


def test_sizes_that_stand_in_the_image_files_alone_are_read_there(folder: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        for image in document["images"]:
            del image["width"], image["height"]

    write_squares(Path("set/annotations.json"), size=(320, 240), images=2, change=change)
    draw_images(Path("set/images"), 2, size=(320, 240))
    assert "from images of 240 px" in init("set").stdout


def test_a_given_test_split_decides_nothing(folder: Path) -> None:
    write_squares(Path("set/train.json"), name="a{}.jpg".format)
    write_squares(Path("set/test.json"), name="b{}.jpg".format, size=(4000, 3000), side=20, objects=500)
    init("set")
    assert (values()["data.tile"], values()["model.max_detections"]) == (None, 100)


def test_a_wall_of_small_bricks_is_cut_into_tiles(folder: Path) -> None:
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


@pytest.mark.parametrize(
    ("write", "told"),
    [
        pytest.param(lambda path: None, "does not exist", id="a broken path"),
        pytest.param(lambda path: path.mkdir(), "no", id="a folder without annotations"),
        pytest.param(
            lambda path: write_json(path, [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1.0}]),
            "rehead score",
            id="results",
        ),
        pytest.param(lambda path: write_json(path, []), "rejected by 1 fault(s): 1 top-level", id="an empty list"),
        pytest.param(lambda path: path.write_text(""), "json-empty", id="an empty file"),
        pytest.param(
            lambda path: write_squares(path, objects=0), "rejected by 1 fault(s): 1 annotations-none", id="no objects"
        ),
    ],
)
def test_a_path_that_holds_no_dataset_is_told_in_one_line(
    folder: Path, write: Callable[[Path], object], told: str
) -> None:
    write(Path("given.json"))
    line = refusal("given.json")
    assert (told in line, "given.json" in line, line.count("\n")) == (True, True, 0)


def test_a_rejected_dataset_is_counted_by_kind_and_sent_to_check(folder: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["annotations"][0]["image_id"] = document["annotations"][1]["image_id"] = 99
        document["annotations"][2]["segmentation"] = [[1, 2]]

    write_squares(Path("a.json"), change=change)
    line = refusal("a.json")
    assert "rejected by 3 fault(s): 2 image-unknown, 1 polygon-points" in line
    assert "`rehead check a.json`" in line


@pytest.mark.parametrize(("file", "other"), [("params.yaml", "dvc.yaml"), ("dvc.yaml", "params.yaml")])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_read(folder: Path, file: str, other: str) -> None:
    Path(file).unlink()
    Path(file).mkdir()
    assert f"{file} cannot be written" in refusal("nowhere")


def test_params_that_are_broken_already_are_told_and_kept(bricks: Path) -> None:
    PARAMS.write_text("train: {lr: quick}\n")
    assert "train.lr" in refusal(bricks)


def test_questions_have_the_advice_as_their_default(bricks: Path) -> None:
    init(bricks)
    advised = PARAMS.read_bytes()
    PARAMS.write_text(SETTINGS)
    assert (init(bricks, "--interactive", answers="\n" * 20).exit_code, PARAMS.read_bytes()) == (0, advised)


def answers_to(result: Result, *, last: str) -> int:
    """Count the questions up to the one about `last`."""
    names = re.findall(r"^(\w+\.\w+): .*$", result.stdout, re.MULTILINE)
    return names.index(last)


def test_an_answer_is_taken_and_what_follows_from_it_follows(bricks: Path) -> None:
    asked = answers_to(init(bricks, "-i", "--dry-run", answers="\n" * 20), last="train.batch_size")
    init(bricks, "-i", answers="\n" * asked + "4\n" + "\n" * 5)
    text = PARAMS.read_text()
    assert re.search(r"batch_size: 4 +# chosen by hand\n", text)
    assert re.search(r"epochs: \d+ +# \d+ steps of 4 images", text)


def test_an_answer_that_is_not_valid_is_asked_again_with_the_reason(bricks: Path) -> None:
    asked = answers_to(init(bricks, "-i", "--dry-run", answers="\n" * 20), last="model.input_size")
    result = init(bricks, "-i", answers="\n" * asked + "huge\n[\n8\n320\n" + "\n" * 20)
    assert [line.split(":")[0].strip() for line in result.stderr.splitlines() if "note" not in line][:3] == [
        "model.input_size",
        "'[' is not YAML; write it as in params.yaml",
        "model.input_size",
    ]
    assert values()["model.input_size"] == 320


def test_an_end_of_the_answers_writes_nothing(bricks: Path) -> None:
    before = PARAMS.read_bytes()
    assert (init(bricks, "-i", answers="\n\n").exit_code, PARAMS.read_bytes()) == (1, before)


def test_it_looks_at_a_dataset_without_torch(bricks: Path) -> None:
    program = (
        "import sys; from rehead.cli.app import app; app(['init', 'bricks'], standalone_mode=False); "
        "print({'torch', 'matplotlib', 'scipy', 'mlflow'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "set()"


def test_ctrl_c_at_a_question_leaves_both_files_as_they_were(bricks: Path) -> None:
    before = PARAMS.read_bytes(), PIPELINE.read_bytes()
    command = [sys.executable, "-u", "-c", "from rehead.cli.app import main; main()", "init", "bricks", "-i"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        asked = process.stdout.read(20)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert (b"data." in asked, process.returncode != 0, b"Traceback" in told) == (True, True, False)
    assert (PARAMS.read_bytes(), PIPELINE.read_bytes()) == before
