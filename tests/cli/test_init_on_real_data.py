"""What `rehead init` proposes for real datasets is what a person would choose, and can be built."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rehead.cli.app import app
from rehead.cli.plans import Plans
from rehead.cli.sections import check_sections
from rehead.detector.build import build_detector

DATA = Path(__file__).parents[3] / "shared" / "data"
NAMES = ("fruits_nuts", "dsb2018_nuclei", "coco_mini")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plans]:
    """The settings of each dataset, whose file passed `rehead params`."""
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not here")
    plans = {}
    for name in NAMES:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path_factory.mktemp(name))
            result = CliRunner().invoke(app, ["init", str(DATA / name)])
            assert (result.exit_code, check_sections(Path("params.yaml"))) == (0, [])
            plans[name] = Plans.of(Path("params.yaml"))
    return plans


@pytest.mark.parametrize("name", NAMES)
def test_the_proposed_detector_can_be_built(proposed: dict[str, Plans], name: str) -> None:
    model = proposed[name].model
    assert build_detector(model, ("thing",)).model.roi_heads.detections_per_img == model.max_detections


@pytest.mark.parametrize(
    ("name", "low", "high"), [("fruits_nuts", 160, 320), ("dsb2018_nuclei", 256, 512), ("coco_mini", 400, 480)]
)
def test_the_input_shows_the_objects_and_no_more(proposed: dict[str, Plans], name: str, low: int, high: int) -> None:
    size = proposed[name].model.input_size
    assert size is not None
    assert low <= size <= high


@pytest.mark.parametrize(("name", "most"), [("fruits_nuts", 100), ("dsb2018_nuclei", 400), ("coco_mini", 100)])
def test_detections_leave_room_for_the_fullest_image(proposed: dict[str, Plans], name: str, most: int) -> None:
    assert proposed[name].model.max_detections == most


@pytest.mark.parametrize(("name", "test"), [("fruits_nuts", "val"), ("dsb2018_nuclei", 0.2), ("coco_mini", 0.2)])
def test_a_test_split_is_cut_where_images_can_be_spared(
    proposed: dict[str, Plans], name: str, test: float | str
) -> None:
    assert proposed[name].data.test == test


@pytest.mark.parametrize("name", NAMES)
def test_images_of_usual_size_are_not_cut(proposed: dict[str, Plans], name: str) -> None:
    assert proposed[name].data.tile is None


@pytest.mark.parametrize("name", NAMES)
def test_anchors_that_fit_stay(proposed: dict[str, Plans], name: str) -> None:
    assert proposed[name].model.anchor_sizes is None


@pytest.mark.parametrize("name", NAMES)
def test_a_training_takes_some_hundred_steps(proposed: dict[str, Plans], name: str) -> None:
    images = {"fruits_nuts": 14, "dsb2018_nuclei": 97, "coco_mini": 64}[name]
    train = proposed[name].train
    assert train.batch_size != "auto"
    assert 500 <= train.epochs * images / train.batch_size <= 800
