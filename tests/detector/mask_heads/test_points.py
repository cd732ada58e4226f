"""Points in boxes lie where they should and are those that need a second look."""

import torch

from rehead.detector.mask_heads.points import FineMaps, points_of, sample_maps, uncertain_cells, uncertain_points

SIDE, STRIDE = 16, 4


def positions(images: int = 1) -> torch.Tensor:
    """Maps whose two channels hold x and y of each pixel's centre in pixels of the image, 1000 more each image."""
    centres = (torch.arange(SIDE) + 0.5) * STRIDE
    ramp = torch.stack([centres.expand(SIDE, SIDE), centres[:, None].expand(SIDE, SIDE)])
    return torch.stack([ramp + 1000.0 * n for n in range(images)])


def test_a_map_is_read_at_the_images_pixel_that_a_point_of_a_box_is() -> None:
    boxes = torch.tensor([[4.0, 8.0, 44.0, 28.0], [10.0, 10.0, 20.0, 50.0]])
    points = torch.tensor([[[0.0, 0.0], [0.25, 0.5]], [[0.5, 0.5], [1.0, 1.0]]])
    read = FineMaps(positions(), [boxes], STRIDE).at(points)
    expected = torch.tensor([[[4.0, 8.0], [14.0, 18.0]], [[15.0, 30.0], [20.0, 50.0]]])
    torch.testing.assert_close(read, expected)


def test_each_box_is_read_in_its_own_image() -> None:
    box = torch.tensor([[20.0, 20.0, 40.0, 40.0]])
    maps = FineMaps(positions(images=3), [box, box[:0], box], STRIDE)
    read = maps.at(torch.full((2, 1, 2), 0.5))
    torch.testing.assert_close(read[:, 0], torch.tensor([[30.0, 30.0], [2030.0, 2030.0]]))


def test_without_boxes_nothing_is_read() -> None:
    assert FineMaps(positions(), [torch.zeros(0, 4)], STRIDE).at(torch.zeros(0, 5, 2)).shape == (0, 5, 2)


def test_the_centres_of_a_masks_pixels_read_the_mask_itself() -> None:
    masks = torch.rand(2, 1, 28, 28)
    points = points_of(torch.arange(28 * 28).expand(2, -1), side=28)
    torch.testing.assert_close(sample_maps(masks, points)[..., 0], masks.flatten(1))


def test_the_least_certain_pixels_are_those_with_logits_nearest_to_zero() -> None:
    logits = torch.tensor([[[[5.0, -0.1], [0.2, -7.0]]]])
    assert sorted(uncertain_cells(logits, count=2)[0].tolist()) == [1, 2]


def test_training_points_crowd_at_the_edge_and_some_lie_anywhere() -> None:
    torch.manual_seed(0)
    logits = (torch.arange(28.0) - 13.5).expand(1, 1, 28, 28)  # certain but at the middle column
    points = uncertain_points(logits, count=200)
    near = (
        points[0, :, 0] - 0.5
    ).abs() < 0.17  # a third of the box's width, as far as the best of thrice as many reach
    assert points.shape == (1, 200, 2)
    assert bool(near[:150].all())
    assert 0.1 < float(near[150:].float().mean()) < 0.6


def test_an_images_points_are_drawn_by_its_own_generator() -> None:
    def drawn(*images: tuple[int, int]) -> torch.Tensor:
        boxes = [(count, torch.Generator().manual_seed(seed)) for count, seed in images]
        return uncertain_points(torch.zeros(sum(count for count, _ in images), 1, 28, 28), count=8, images=boxes)

    assert torch.equal(drawn((2, 5), (1, 6))[2:], drawn((1, 6)))
