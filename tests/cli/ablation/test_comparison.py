from dataclasses import replace

import pytest

from rehead.cli.ablation.comparison import SCORES, Comparison, compare
from rehead.cli.ablation.words import explain
from rehead.evaluation.coco_map import coco_map
from tests.cli.ablation.scenario import DATASET, comparison_of, drawn_truth, run_of


@pytest.fixture(scope="module")
def far_apart() -> Comparison:
    return comparison_of(3.0, 0.3)


def test_scores_are_those_of_the_evaluators_for_each_seed() -> None:
    truth = drawn_truth()
    run = run_of(truth, "28", 4, shift=2.0)
    found = compare([run], truth, experiment="x", dataset=DATASET, resamples=2).variants[0].scores
    scores = coco_map(truth, run.results)
    masks = tuple(scores.mask[name] for name in ("AP", "AP50", "AP75"))
    expected = (*masks, scores.boundary["AP"], scores.box["AP"])
    assert tuple(found[name].by_seed[4] for name in SCORES) == expected


def test_a_difference_that_is_large_is_told_from_chance_of_seeds_and_of_images(far_apart: Comparison) -> None:
    found = far_apart.variants[1].differences["mask AP"]
    assert found.over_seeds is not None
    assert found.over_images is not None
    assert min(*found.over_seeds, *found.over_images) > 0


def test_the_bootstrap_has_the_difference_itself_inside(far_apart: Comparison) -> None:
    for found in far_apart.variants[1].differences.values():
        assert found.mean is not None
        assert found.over_images is not None
        assert found.over_images[0] <= found.mean <= found.over_images[1]


def test_the_first_value_has_no_difference(far_apart: Comparison) -> None:
    assert far_apart.variants[0].differences == {}


def test_runs_that_found_the_same_differ_by_nothing_under_every_draw() -> None:
    truth = drawn_truth()
    runs = [run_of(truth, value, seed, shift=2.0) for seed in (0, 1) for value in ("a", "b")]
    found = compare(runs, truth, experiment="x", dataset=DATASET, resamples=10).variants[1].differences["mask AP"]
    assert (found.mean, found.over_seeds, found.over_images) == (0.0, (0.0, 0.0), (0.0, 0.0))


@pytest.mark.parametrize(("images", "told"), [(5, False), (6, True)])
def test_fewer_images_than_a_sign_test_takes_say_nothing_of_others(images: int, told: bool) -> None:
    truth = drawn_truth(images=images)
    runs = [run_of(truth, value, seed, shift=shift) for seed in (0, 1, 2) for value, shift in (("a", 9.0), ("b", 0.3))]
    found = compare(runs, truth, experiment="x", dataset=DATASET, resamples=10)
    assert (found.variants[1].differences["mask AP"].over_images is not None) == told
    explanation = explain(found)[0]
    assert any(one.startswith("Of so few images") for one in explanation.because) != told
    assert explanation.advice.startswith("Take b" if told else "Keep a for now")


def test_a_seed_that_one_value_lacks_counts_in_no_difference() -> None:
    truth = drawn_truth()
    runs = [run_of(truth, "a", 0, shift=2.0), run_of(truth, "b", 0, shift=2.0), run_of(truth, "b", 1, shift=9.0)]
    found = compare(runs, truth, experiment="x", dataset=DATASET, resamples=3).variants[1]
    assert (found.differences["mask AP"].mean, len(found.scores["mask AP"].by_seed)) == (0.0, 2)


def test_one_seed_gives_no_interval_over_seeds() -> None:
    found = comparison_of(1.0, 2.0, seeds=1, values=("roi_align", "roi_pool"), sides=False)
    assert found.variants[0].scores["mask AP"].interval is None
    assert found.variants[1].differences["mask AP"].over_seeds is None


def test_without_objects_everything_is_undefined_and_nothing_fails() -> None:
    truth = drawn_truth() | {"annotations": []}
    runs = [replace(run_of(truth, value, 0, shift=1.0), results=[]) for value in ("28", "56")]
    found = compare(runs, truth, experiment="x", dataset=DATASET, resolution={"28": 28, "56": 56})
    assert {spread.mean for one in found.variants for spread in one.scores.values()} == {None}


@pytest.mark.parametrize(("runs", "message"), [([], "no run"), (["a", "a"], "two runs of one seed")])
def test_runs_that_cannot_be_compared_are_refused(runs: list[str], message: str) -> None:
    truth = drawn_truth(images=1)
    with pytest.raises(ValueError, match=message):
        compare([run_of(truth, one, 0, shift=1.0) for one in runs], truth, experiment="x", dataset=DATASET)
