"""Every sentence follows from numbers: each case sets the numbers alone."""

from dataclasses import replace

import pytest

from rehead.cli.ablation.comparison import SCORES, Comparison, Difference
from rehead.cli.ablation.prospect import promise
from rehead.cli.ablation.words import Explanation, caveats, explain
from rehead.evaluation.ceiling import Ceilings
from tests.cli.ablation.scenario import comparison_of

CLEAR, WIDE = 0.01, 0.2


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return comparison_of(3.0, 0.3)


@pytest.fixture(scope="module")
def poolers() -> Comparison:
    return comparison_of(1.0, 2.0, seeds=1, values=("roi_align", "roi_pool"), sides=False)


def told(
    comparison: Comparison,
    mean: float,
    *,
    seeds: float | None = WIDE,
    images: float = WIDE,
    edge: float = WIDE,
    ceiling: tuple[float, float] = (0.9, 0.9),
) -> Explanation:
    """Explain with this difference, intervals that reach so far to both sides, and ceilings of these mask APs."""

    def difference(reach: float | None, images: float) -> Difference:
        over_seeds = None if reach is None else (mean - reach, mean + reach)
        return Difference(mean, over_seeds, (mean - images, mean + images))

    differences = dict.fromkeys(SCORES, difference(seeds, images)) | {"boundary AP": difference(edge, edge)}
    first, other = comparison.variants
    found = comparison.ceilings and replace(
        comparison.ceilings,
        by_resolution=tuple(
            replace(one, mask=one.mask | {"AP": score}, boundary=one.boundary | {"AP": 0.5})
            for one, score in zip(comparison.ceilings.by_resolution, ceiling, strict=True)
        ),
    )
    (explanation,) = explain(
        replace(comparison, variants=(first, replace(other, differences=differences)), ceilings=found)
    )
    return explanation


def test_a_gain_beyond_chance_that_the_grid_allows_is_taken(compared: Comparison) -> None:
    found = told(compared, 0.05, seeds=CLEAR, images=CLEAR, ceiling=(0.8, 0.9))
    assert found.advice == "Take 56."
    assert "more than chance" in " ".join(found.because)


def test_a_gain_that_the_grid_cannot_explain_is_taken_with_a_word_about_it(compared: Comparison) -> None:
    assert "its grid cannot be the reason" in told(compared, 0.05, seeds=CLEAR, images=CLEAR).advice


def test_a_loss_beyond_chance_keeps_the_first(compared: Comparison) -> None:
    assert told(compared, -0.05, seeds=CLEAR, images=CLEAR).advice == "Keep 28."


def test_sharper_outlines_alone_are_taken_where_they_matter(compared: Comparison) -> None:
    found = told(compared, 0.05, edge=CLEAR, ceiling=(0.8, 0.9))
    assert found.advice.startswith("Take 56 where sharp outlines matter")


def test_nothing_to_win_and_nothing_won_keeps_the_first(compared: Comparison) -> None:
    found = told(compared, 0.001)
    assert found.advice == "Keep 28: there was next to nothing to win, and nothing was won."
    assert "next to nothing to win (0.000, boundary AP 0.000)" in found.because[0]


def test_what_more_seeds_would_show_is_estimated(compared: Comparison) -> None:
    assert (
        "about 12 seeds would show whether a difference of +0.050"
        in told(compared, 0.05, seeds=0.1, ceiling=(0.8, 0.9)).advice
    )


def test_a_difference_that_too_many_seeds_would_take_is_called_so(compared: Comparison) -> None:
    assert "more than 20 seeds" in told(compared, 0.01, ceiling=(0.8, 0.9)).advice


def test_where_seeds_agree_and_images_do_not_more_images_are_asked_for(compared: Comparison) -> None:
    assert "more validation images" in told(compared, 0.05, seeds=CLEAR, ceiling=(0.8, 0.9)).advice


def test_one_seed_decides_nothing(compared: Comparison) -> None:
    found = told(compared, 0.05, seeds=None, images=CLEAR, ceiling=(0.8, 0.9))
    assert "three seeds or more" in found.advice
    assert "With one seed nobody knows" in " ".join(found.because)


def test_the_price_is_told_as_a_multiple(compared: Comparison) -> None:
    assert "2.00 times the processor time of 28" in told(compared, 0.0).because[-1]


def test_poolers_are_explained_without_ceilings(poolers: Comparison) -> None:
    found = told(poolers, -0.05, seeds=CLEAR, images=CLEAR)
    assert (found.advice, "perfect" in " ".join(found.because)) == ("Keep roi_align.", False)


def test_few_images_and_few_seeds_are_admitted(compared: Comparison) -> None:
    text = " ".join(caveats(compared))
    assert ("12 images with 24 objects are few" in text, "3 seeds give wide intervals" in text) == (True, True)


@pytest.mark.parametrize(
    ("mask", "edge", "word"),
    [
        ((0.80, 0.83), (0.5, 0.6), "worth a try"),
        ((0.80, 0.802), (0.5, 0.6), "unless sharp outlines"),
        ((0.80, 0.802), (0.5, 0.501), "runs that differ in their seed alone"),
        ((0.80, 0.75), (0.5, 0.4), "falls by 0.050 mask AP"),
        ((0.80, 0.80), (0.5, 0.5), "stays"),
    ],
)
def test_a_promise_is_no_larger_than_the_ceilings_are_apart(
    compared: Comparison, mask: tuple[float, float], edge: tuple[float, float], word: str
) -> None:
    assert word in promise(_ceilings(compared, mask, edge))


def _ceilings(comparison: Comparison, mask: tuple[float, float], edge: tuple[float, float]) -> Ceilings:
    assert comparison.ceilings is not None
    rows = zip(comparison.ceilings.by_resolution, mask, edge, strict=True)
    sides = tuple(replace(one, mask={"AP": whole}, boundary={"AP": near}) for one, whole, near in rows)
    return replace(comparison.ceilings, by_resolution=sides)


def test_one_resolution_promises_its_own_ceiling(compared: Comparison) -> None:
    assert compared.ceilings is not None
    alone = replace(compared.ceilings, by_resolution=compared.ceilings.by_resolution[:1])
    assert promise(alone).startswith("No head of 28 x 28 can score above mask AP ")


def test_no_object_promises_nothing(compared: Comparison) -> None:
    assert compared.ceilings is not None
    assert promise(replace(compared.ceilings, objects=0)).startswith("There is no object")
