"""The pooler inside an exported graph gives the values that it gives outside."""

import pytest
import torch

from rehead.roi_align.difference import faults
from rehead.roi_align.exported import compare_exported
from rehead.roi_align.guard import GuardedRoIAlign
from tests.roi_align.mistakes import ONE_LEVEL_WRONG

CPU = torch.device("cpu")


def test_the_exported_pooler_agrees_on_other_boxes_than_it_was_exported_with() -> None:
    assert faults(compare_exported("it", GuardedRoIAlign, seed=1, device=CPU)) == []


@pytest.mark.slow
def test_a_wrong_level_is_caught_in_the_graph_as_well() -> None:
    assert faults(compare_exported("it", ONE_LEVEL_WRONG, seed=1, device=CPU))
