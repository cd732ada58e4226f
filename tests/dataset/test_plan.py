import pytest

from rehead.dataset.plan import AugmentPlan

STRONG = dict.fromkeys(("brightness", "contrast", "saturation", "hue", "scale", "crop", "copy_paste"), 0.1)


@pytest.mark.parametrize("name", STRONG)
def test_what_mixes_or_loses_pixels_makes_the_views_endless(name: str) -> None:
    assert AugmentPlan().finite
    assert not AugmentPlan.model_validate({name: STRONG[name]}).finite


@pytest.mark.parametrize(("epochs", "strong"), [(1, 1), (2, 2), (5, 4), (10, 8), (12, 10)])
def test_strong_augmentation_ends_with_its_share_of_the_epochs(epochs: int, strong: int) -> None:
    plan = AugmentPlan.model_validate({**STRONG, "flip_vertical": 0.5})
    finite = [plan.at(epoch, epochs=epochs).finite for epoch in range(1, epochs + 1)]
    assert finite == [False] * strong + [True] * (epochs - strong)


def test_turning_goes_on_to_the_end() -> None:
    plan = AugmentPlan(flip_vertical=0.5, scale=0.5, strong_until=0.5)
    assert plan.at(4, epochs=4).views() == plan.views()


def test_a_share_of_one_keeps_everything_to_the_end() -> None:
    plan = AugmentPlan(crop=0.5, strong_until=1.0)
    assert plan.at(10, epochs=10) is plan


def test_the_size_is_given_by_one_number_or_by_two() -> None:
    assert AugmentPlan(scale=0.25).scales == (0.75, 1.25)
    assert AugmentPlan.model_validate({"scale": [0.5, 2]}).scales == (0.5, 2.0)


@pytest.mark.parametrize("scale", [[2, 0.5], [0, 1], [1, 5], 1.5, [1], "large"])
def test_sizes_that_make_no_sense_are_refused(scale: object) -> None:
    with pytest.raises(ValueError, match="scale"):
        AugmentPlan.model_validate({"scale": scale})
