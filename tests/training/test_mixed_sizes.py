"""What a cache of features makes of images of different sizes: each has the features that it has alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from rehead.coco.rle import area, bounding_box
from rehead.coco.windows import Window, crop_of, seen_through
from rehead.dataset.split import Split
from rehead.training.features import open_features
from tests.training.test_features import learner_of, losses, single_precision

UPRIGHT, LYING = Window(0, 0, 48, 64), Window(0, 0, 64, 48)


@pytest.fixture(scope="module")
def mixed(drawn: Split, tmp_path_factory: pytest.TempPathFactory) -> Split:
    """Give the drawn images cut in turns to upright and to lying ones."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "images").mkdir()
    records, annotations = [], {}
    for number, record in enumerate(drawn.images):
        window = LYING if number % 2 else UPRIGHT
        with Image.open(drawn.folder / "images" / record.file_name) as image:
            image.crop((0, 0, window.width, window.height)).save(folder / "images" / record.file_name)
        records.append(replace(record, width=window.width, height=window.height))
        seen = [(a, seen_through(window, crop_of(a["segmentation"]))) for a in drawn.annotations[record.id]]
        annotations[record.id] = [
            {**a, "segmentation": mask, "bbox": list(bounding_box(mask))} for a, mask in seen if area(mask)
        ]
    return replace(drawn, folder=folder, images=tuple(records), annotations=annotations)


@pytest.mark.slow
@pytest.mark.parametrize(("together", "tolerance"), [(1, 1e-5), (2, 0.1)], ids=["one by one", "in pairs"])
def test_the_mean_loss_over_upright_and_lying_images_is_that_without_a_cache(
    together: int, tolerance: float, mixed: Split, tmp_path: Path
) -> None:
    """In pairs the network sees a rim of padding beside each image, which no cached feature does: 0.02 apart."""
    plan = {"batch_size": together, "epochs": 2}
    cached = learner_of(mixed, feature_cache="on", **plan)
    open_features(cached, mixed, tmp_path)
    cached.trunks = single_precision(cached, mixed, tmp_path)
    means = [losses(learner, mixed).mean() for learner in (cached, learner_of(mixed, **plan, feature_cache="off"))]
    torch.testing.assert_close(*means, rtol=tolerance, atol=0.0)
