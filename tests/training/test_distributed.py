"""One run of two processes, by gloo on loopback, beside the same alone; what they found is asked here bit by bit."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training import pair

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Outcome:
    """What the processes found, and how they ended."""

    facts: dict[str, Any]
    status: int
    errors: str


@pytest.fixture(scope="module")
def outcome(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    out = tmp_path_factory.mktemp("pair") / "facts.pt"
    done = subprocess.run([sys.executable, pair.__file__, str(dataset), str(out)], capture_output=True, text=True)
    assert out.is_file(), done.stderr
    return Outcome(torch.load(out, weights_only=False), done.returncode, done.stderr)


@pytest.mark.parametrize("images", [5, 1])
def test_a_step_has_the_losses_and_the_gradient_of_one_process_with_all_its_images(
    outcome: Outcome, images: int
) -> None:
    together, alone = outcome.facts[f"step over {images}"]
    assert together["images"] == alone["images"] == images
    assert together["losses"] == pytest.approx(alone["losses"], rel=1e-5)
    torch.testing.assert_close(together["gradients"], alone["gradients"], rtol=1e-4, atol=1e-7)


def test_in_a_step_of_several_batches_those_that_all_take_at_once_are_averaged_together(outcome: Outcome) -> None:
    together, in_twos, one_by_one = outcome.facts["accumulated"]
    assert together["losses"] == pytest.approx(in_twos["losses"], rel=1e-5)
    assert together["losses"] != pytest.approx(one_by_one["losses"], rel=1e-5)
    torch.testing.assert_close(together["gradients"], in_twos["gradients"], rtol=1e-4, atol=1e-7)


def test_a_training_whose_last_batch_leaves_a_process_without_an_image_ends_with_the_weights_of_one_alone(
    outcome: Outcome,
) -> None:
    together, alone = outcome.facts["trainings"]
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-6)


def test_a_training_in_two_processes_reaches_the_mask_ap_of_one_alone(outcome: Outcome) -> None:
    together, alone = outcome.facts["mask AP"]
    assert alone > 0.2
    assert together == pytest.approx(alone, abs=0.05)


def test_running_statistics_that_move_stay_the_same_in_all_processes(outcome: Outcome) -> None:
    first, second = outcome.facts["statistics"]
    assert len(first) > 50
    assert first == second


def test_a_split_is_scored_once_whatever_the_processes(outcome: Outcome) -> None:
    scores = outcome.facts["scores"]
    assert scores["together"] == scores["alone"]


def test_what_is_found_comes_image_by_image_without_gaps_or_duplicates(outcome: Outcome) -> None:
    found = [result["image_id"] for result in outcome.facts["scores"]["found"]]
    assert list(dict.fromkeys(found)) == [1, 2, 3, 4, 5]
    assert found == sorted(found)


def test_every_process_can_be_asked_to_end_at_the_same_image(outcome: Outcome) -> None:
    assert outcome.facts["scores"]["calls"] == [3, 3]


def test_a_divergence_names_the_images_of_all_processes(outcome: Outcome) -> None:
    assert outcome.facts["divergence"].count(".png") == pair.PLAN.batch_size


@pytest.mark.parametrize("rank", [0, 1])
def test_boxes_that_are_not_finite_in_one_process_end_all_of_them_alike(outcome: Outcome, rank: int) -> None:
    first, second = outcome.facts["refusals"][rank]
    assert first == second
    assert (first.count(".png"), "loss_classifier nan" in first) == (2, True)


def test_exchanges_give_every_process_the_same(outcome: Outcome) -> None:
    told = outcome.facts["exchanges"]
    assert told["total"] == [2.0, 1.0]
    assert told["whole"] == [0, 10, 20, 30, 40]
    assert told["shared"] == "made by 0"


def test_one_process_that_is_asked_to_end_tells_all(outcome: Outcome) -> None:
    assert outcome.facts["exchanges"]["asked"] == 143


def test_other_inputs_on_another_host_are_refused(outcome: Outcome) -> None:
    assert "train is split 0 for process 0 and split 1 for process 1" in outcome.facts["exchanges"]["told"]


def test_a_process_that_does_not_answer_ends_the_job_after_the_timeout(outcome: Outcome) -> None:
    assert outcome.status == 1
    assert "a process did not answer within 12 s (train.process_timeout)" in outcome.errors
