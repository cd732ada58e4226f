import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rehead.cli.ablation.runs import Run, Training, facts_of, store_run, stored_run
from rehead.detector.plan import ModelPlan


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    splits = {"train": {"fingerprint": "a"}, "val": {"fingerprint": "b"}, "test": {"fingerprint": "c"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"splits": splits, "categories": ["circle"]}))
    return tmp_path


def test_a_stored_run_comes_back_as_it_was(plan: Callable[..., list[Training]]) -> None:
    training = plan("28", seeds=1)[0]
    run = Run("28", 0, [{"image_id": 1, "category_id": 1, "score": 0.5}], 2.5, 1.5, 500.0, 4.0, 1000)
    store_run(training.folder, run, facts={})
    assert stored_run(training) == run


def test_a_run_is_called_what_the_experiment_that_reads_it_calls_it(plan: Callable[..., list[Training]]) -> None:
    coarse, align = plan("28", seeds=1)[0], plan("roi_align", experiment="pooler", seeds=1)[0]
    store_run(coarse.folder, Run("28", 0, [], 2.5, 1.5, 500.0, 4.0, 1000), facts={})
    found = stored_run(align)
    assert found is not None
    assert found.value == "roi_align"


def test_a_dataset_that_was_not_ingested_is_an_error_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"manifest.json does not exist: run `dvc repro ingest` first"):
        facts_of(tmp_path, ModelPlan())


def test_weights_that_are_no_file_are_an_error_before_any_training(dataset: Path) -> None:
    with pytest.raises(ValueError, match=r"model.weights: nothing.pth does not exist"):
        facts_of(dataset, ModelPlan(weights="nothing.pth"))


def test_other_first_weights_under_the_same_name_are_other_facts(dataset: Path) -> None:
    weights, found = dataset / "first.pth", []
    for content in (b"one", b"two"):
        weights.write_bytes(content)
        found.append(facts_of(dataset, ModelPlan(weights=str(weights))))
    assert found[0] != found[1]


def test_the_test_split_is_no_part_of_the_facts(dataset: Path) -> None:
    assert facts_of(dataset, ModelPlan())["splits"] == {"train": "a", "val": "b"}
