"""The forms in which the thesis and the code of CFKD differ, against plain loops."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from feathertrack.errors import InputError
from feathertrack.training.losses.distillation import Fidelity, Lesson, Level, Seen
from feathertrack.training.losses.distillation.answers import adaptive_hard
from feathertrack.training.losses.distillation.features import fidelity
from feathertrack.training.losses.distillation.filters import (
    correlate_same,
    correlation_filter,
    gaussian_labels,
    target_kernel,
    target_response,
    tracking_response,
)

BOXES = torch.tensor([[20.0, 24, 30, 26], [40.0, 18, 22, 34], [30.0, 30, 36, 20]])


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def level(channels: int = 5, *, seed: int = 0) -> Level:
    return Level(
        template=noise(3, channels, 12, 12, seed=seed),
        search=noise(3, channels, 12, 12, seed=seed + 1),
        stride=8,
    )


@pytest.mark.parametrize(("sides", "kernel"), [((12, 12), 5), ((11, 14), 9), ((5, 5), 9)])
def test_correlation_is_that_of_plain_convolution(sides: tuple[int, int], kernel: int) -> None:
    search, weights = noise(3, 4, *sides).double(), noise(3, 4, kernel, kernel, seed=1).double()
    expected = torch.cat(
        [
            F.conv2d(one[None], its[None], padding=kernel // 2)
            for one, its in zip(search, weights, strict=True)
        ]
    )
    torch.testing.assert_close(correlate_same(search, weights), expected)


def test_the_truth_is_weighed_pair_by_pair_or_for_the_batch() -> None:
    truth = torch.zeros(2, 3, 1)
    student = torch.tensor([[0.1, 0.1, 0.1], [0.9, 0.9, 0.9]])[..., None]
    teacher = torch.tensor([[0.5, 0.5, 0.5], [0.1, 0.1, 0.1]])[..., None]
    by_sample, by_batch = (
        adaptive_hard(student, teacher, truth, kind="mse", decided=decided)
        for decided in ("sample", "batch")
    )
    # The student beats the teacher on the first pair alone, and loses on the whole.
    assert float(by_sample) == pytest.approx(0.81 / 2)
    assert float(by_batch) == pytest.approx((0.81 + 0.01) / 2)
    assert float(adaptive_hard(truth, teacher, truth, kind="mse", decided="batch")) == 0


def test_the_sum_of_fidelity_is_the_mean_times_the_cells() -> None:
    pair = level(), level(7, seed=5)
    torch.testing.assert_close(fidelity(*pair, over="sum"), 144 * fidelity(*pair))


def test_each_response_is_scaled_by_its_own_maximum_or_by_that_of_the_batch() -> None:
    one = level()
    response = correlate_same(one.search, target_kernel(one, BOXES))
    labels = gaussian_labels(BOXES, stride=8, sides=(12, 12), share=0.15)
    own = torch.stack(
        [((q / q.max() - g) ** 2).mean() for q, g in zip(response, labels, strict=True)]
    ).mean()
    torch.testing.assert_close(correlation_filter(one, BOXES, BOXES), own)
    shared = ((response / response.max() - labels) ** 2).mean()
    found = correlation_filter(one, BOXES, BOXES, maximum="batch")
    torch.testing.assert_close(found, shared)


def test_scaling_one_pair_changes_the_others_only_where_the_maximum_is_shared() -> None:
    one, larger = level(), level()
    larger.search[0] *= 10
    assert correlation_filter(one, BOXES, BOXES) == pytest.approx(
        float(correlation_filter(larger, BOXES, BOXES)), rel=1e-4
    )
    batch = [float(correlation_filter(x, BOXES, BOXES, maximum="batch")) for x in (one, larger)]
    assert batch[0] != pytest.approx(batch[1], rel=1e-2)


def test_maps_without_anything_give_a_finite_loss() -> None:
    empty = Level(
        template=torch.zeros(3, 5, 12, 12),
        search=torch.zeros(3, 5, 12, 12, requires_grad=True),
        stride=8,
    )
    for loss in (
        correlation_filter(empty, BOXES, BOXES),
        target_response(empty, level(), BOXES, BOXES),
    ):
        empty.search.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        assert bool(torch.isfinite(loss))
        assert empty.search.grad is not None
        assert bool(torch.isfinite(empty.search.grad).all())


def test_the_filter_of_the_template_finds_the_bell_again_where_channels_are_summed() -> None:
    one = level()
    same = Level(template=one.template, search=one.template, stride=8)
    summed = tracking_response(same, BOXES, BOXES)
    each = tracking_response(same, BOXES, BOXES, channels="each")
    assert float(summed) < 1e-9
    assert float(each) > 1e-2


def test_maps_of_different_sides_are_refused_by_their_level() -> None:
    other = Level(template=noise(3, 5, 6, 6), search=noise(3, 5, 6, 6), stride=16)
    seen = [Seen(levels={2: maps}) for maps in (level(), other)]
    lesson = Lesson(
        student=seen[0],
        teacher=seen[1],
        truth=torch.zeros(3, 1, 1),
        template_boxes=BOXES,
        search_boxes=BOXES,
    )
    with pytest.raises(InputError, match=r"level 2 of the student has maps of \(12, 12\) cells"):
        Fidelity(levels=(2,)).loss(lesson)
