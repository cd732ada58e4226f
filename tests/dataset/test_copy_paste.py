from dataclasses import replace

import numpy as np
import torch

from rehead.coco.windows import Window
from rehead.dataset.copy_paste import paste
from rehead.dataset.split import Sample
from tests.dataset.scenes import scene


def laid_over(sample: Sample, donor: Sample) -> Sample:
    return paste(sample, donor, rng=np.random.default_rng(0))


def test_the_pixels_of_pasted_objects_are_the_donors_and_all_others_stay() -> None:
    sample, donor = scene(20, 20, [Window(2, 2, 4, 4)]), scene(20, 20, [Window(8, 9, 5, 6)])
    donor = replace(donor, image_chw=torch.rand(3, 20, 20))
    after = laid_over(sample, donor)
    inside = donor.masks_nhw[0] == 1
    assert torch.equal(after.image_chw[:, inside], donor.image_chw[:, inside])
    assert torch.equal(after.image_chw[:, ~inside], sample.image_chw[:, ~inside])


def test_what_a_pasted_object_hides_is_cut_from_the_mask_and_the_box_below() -> None:
    after = laid_over(scene(20, 20, [Window(2, 2, 10, 4)]), scene(20, 20, [Window(6, 0, 10, 10)]))
    assert after.boxes_n4.tolist() == [[2.0, 2.0, 6.0, 6.0], [6.0, 0.0, 16.0, 10.0]]
    assert int(after.masks_nhw.sum(dim=0).max()) == 1


def test_an_object_of_which_too_little_is_left_is_dropped() -> None:
    after = laid_over(scene(20, 20, [Window(2, 2, 11, 4), Window(0, 15, 3, 3)]), scene(20, 20, [Window(3, 0, 12, 10)]))
    assert len(after.crops) == 2
    assert after.boxes_n4[0].tolist() == [0.0, 15.0, 3.0, 18.0]


def test_each_object_keeps_its_label() -> None:
    after = laid_over(scene(20, 20, [Window(0, 0, 3, 3)], label=1), scene(20, 20, [Window(9, 9, 3, 3)], label=2))
    assert after.labels_n.tolist() == [1, 2]


def test_a_part_of_the_donors_objects_is_pasted_not_always_all() -> None:
    sample = scene(40, 40, [Window(30, 30, 5, 5)])
    donor = scene(40, 40, [Window(4 * at, 0, 3, 3) for at in range(6)])
    counts = {len(paste(sample, donor, rng=np.random.default_rng(seed)).crops) for seed in range(40)}
    assert counts == {2, 3, 4, 5, 6, 7}


def test_a_donor_without_objects_gives_nothing() -> None:
    sample = scene(20, 20, [Window(0, 0, 3, 3)])
    assert laid_over(sample, scene(20, 20, [])) is sample
