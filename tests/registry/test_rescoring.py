"""The package's score against the reported one."""

from pathlib import Path

import pytest

from rehead.files import write_json
from rehead.registry.rescoring import as_results, check_agreement, refused_images
from rehead.serving.images import Limits


def test_an_answer_becomes_coco_results() -> None:
    mask = {"size": [9, 9], "counts": "x"}
    answer = {"boxes": [[1.0, 2.0, 4.0, 8.0]], "labels": [3], "scores": [0.5], "masks": [mask]}
    expected = {"image_id": 7, "category_id": 3, "bbox": [1.0, 2.0, 3.0, 6.0], "score": 0.5, "segmentation": mask}
    assert as_results(answer, 7) == [expected]


@pytest.mark.parametrize(("found", "reported"), [(0.5, 0.5), (0.5, 0.5 + 9e-7), (None, None)])
def test_a_package_that_scores_as_reported_passes(found: float | None, reported: float | None) -> None:
    check_agreement(found, reported)


@pytest.mark.parametrize(("found", "reported"), [(0.5, 0.500002), (None, 0.5), (0.5, None), (float("nan"), 0.5)])
def test_a_package_that_scores_otherwise_is_refused(found: float | None, reported: float | None) -> None:
    with pytest.raises(RuntimeError, match=f"scores mask AP {found} .* reported {reported}"):
        check_agreement(found, reported)


@pytest.mark.parametrize(
    ("limits", "refused"),
    [(Limits(3, 12), []), (Limits(2, 12), ["a.png", "b.png"]), (Limits(3, 11), ["b.png"])],
)
def test_test_images_that_a_server_would_refuse_are_named(limits: Limits, refused: list[str], tmp_path: Path) -> None:
    images = [{"file_name": "a.png", "width": 3, "height": 3}, {"file_name": "b.png", "width": 4, "height": 3}]
    write_json(tmp_path / "test.json", {"images": images})
    (tmp_path / "images").mkdir()
    for image in images:
        (tmp_path / "images" / str(image["file_name"])).write_bytes(b"png")
    assert refused_images(tmp_path, limits) == refused
