import pickle
from pathlib import Path

import pytest
import torch

from rehead.dataset.split import SampleError, Split, load_split


def test_a_sample_holds_one_box_label_and_mask_for_each_object(drawn: Split) -> None:
    sample = drawn[0]
    things = drawn.annotations[sample.record.id]
    assert len(sample.boxes_n4) == len(sample.labels_n) == len(sample.masks_nhw) == len(things)


def test_boxes_are_corners_that_enclose_their_masks(drawn: Split) -> None:
    for index in range(len(drawn)):
        sample = drawn[index]
        for box, mask in zip(sample.boxes_n4, sample.masks_nhw, strict=True):
            rows, columns = torch.nonzero(mask, as_tuple=True)
            found = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]).float()
            assert torch.allclose(box, found, atol=1.0)


def test_labels_name_the_category_with_background_left_out(drawn: Split) -> None:
    sample = drawn[0]
    wanted = [drawn.truth["categories"][int(label) - 1]["name"] for label in sample.labels_n]
    assert [drawn.classes[int(label) - 1] for label in sample.labels_n] == wanted
    assert int(sample.labels_n.min()) >= 1


def test_the_image_is_rgb_between_zero_and_one(drawn: Split) -> None:
    image = drawn.image(0)
    assert image.shape == (3, 64, 64)
    assert 0.0 <= float(image.min()) < float(image.max()) <= 1.0


def test_a_missing_split_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dvc repro ingest"):
        load_split(tmp_path, "train")


def test_the_error_of_an_image_keeps_its_words_on_the_way_between_processes() -> None:
    error = SampleError(Path("images/a.png"), "OSError: truncated")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert "images/a.png" in str(error)
