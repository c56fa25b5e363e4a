"""Products with Jacobians in closed form are those of automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from feathertrack.trackers.online.conjugate_gradient import ConjugateGradient
from feathertrack.trackers.online.least_squares import AutogradProblem, Problem, gauss_newton
from feathertrack.trackers.online.problems import FilterProblem, JointProblem, Samples, mlu
from feathertrack.trackers.online.reweighting import Reweighting
from feathertrack.trackers.online.taps import correlate, respond

DOUBLE = torch.float64


def samples(*, count: int = 7, channels: int = 5, side: int = 6) -> Samples:
    noise = torch.Generator().manual_seed(0)
    maps = torch.randn(channels, count, side, side, generator=noise, dtype=DOUBLE)
    labels = torch.rand(count, side, side, generator=noise, dtype=DOUBLE)
    weights = torch.rand(count, generator=noise, dtype=DOUBLE)
    return Samples(maps_CNnm=maps, labels_Nnm=labels, weights_N=weights)


def convolved(maps_CNnm: Tensor, kernel_CT: Tensor, side: int) -> Tensor:
    """The response, by torch's convolution."""
    kernel = kernel_CT.view(1, -1, side, side)
    padded = F.conv2d(maps_CNnm.transpose(0, 1), kernel, padding=side // 2)[:, 0]
    return padded[:, : maps_CNnm.shape[2], : maps_CNnm.shape[3]]


def residuals(
    given: Samples, side: int, weigh: Callable[[Tensor], Tensor] = lambda errors: errors
) -> Callable[[Tensor], Tensor]:
    def function(kernel_CT: Tensor) -> Tensor:
        errors = mlu(convolved(given.maps_CNnm, kernel_CT, side)) - given.labels_Nnm
        return (given.weights_N.sqrt()[:, None, None] * weigh(errors)).flatten()

    return function


def check(problem: Problem, general: AutogradProblem, point: Tensor) -> None:
    near, expected = problem.linearise(point), general.linearise(point)
    assert near.objective == pytest.approx(expected.objective, rel=1e-12)
    torch.testing.assert_close(near.gradient, expected.gradient, rtol=1e-9, atol=1e-12)
    direction = torch.randn(point.shape, generator=torch.Generator().manual_seed(1), dtype=DOUBLE)
    torch.testing.assert_close(near.normal(direction), expected.normal(direction))


@pytest.mark.parametrize("side", [1, 3, 4])
def test_response_is_a_convolution_with_its_adjoint(side: int) -> None:
    given = samples()
    kernel = torch.randn(5, side**2, dtype=DOUBLE)
    response = respond(given.maps_CNnm, kernel)
    torch.testing.assert_close(response, convolved(given.maps_CNnm, kernel, side))
    other = torch.randn_like(response)
    both = (correlate(given.maps_CNnm, other, side=side) * kernel).sum()
    torch.testing.assert_close(both, (other * response).sum())


def test_first_frame() -> None:
    given = samples()
    problem = JointProblem(
        samples=given, filter_weight=0.1, projection_weight=1e-4, side=4, width=3
    )
    fit = residuals(given, 4)

    def function(point: Tensor) -> Tensor:
        filter_DT, projection_DC = problem.split(point)
        weights = problem.regularisation(point).sqrt()
        return torch.cat([fit(projection_DC.t() @ filter_DT), weights * point])

    check(problem, AutogradProblem(function), 0.3 * torch.randn(3 * 16 + 15, dtype=DOUBLE))


def by_largest(errors_Nnm: Tensor) -> Tensor:
    level = errors_Nnm.abs().amax((1, 2), keepdim=True) + 0.01
    return errors_Nnm * torch.exp(level / level.max())


def by_sum(errors_Nnm: Tensor) -> Tensor:
    total = errors_Nnm.abs().sum((1, 2), keepdim=True) + 0.01
    largest = errors_Nnm.abs().amax((1, 2), keepdim=True) + 0.01
    within = torch.exp(0.5 * errors_Nnm.abs() / largest)
    return errors_Nnm * torch.exp(total / total.max()) * within


def hardest(errors_Nnm: Tensor) -> Tensor:
    """By a loop over the cells."""
    factor = torch.ones_like(errors_Nnm)
    for row in range(errors_Nnm.shape[1]):
        for column in range(errors_Nnm.shape[2]):
            order = errors_Nnm[:, row, column].detach().abs().argsort(descending=True)
            factor[order[:50], row, column] = 2
    return errors_Nnm * factor


@pytest.mark.parametrize(
    ("reweighting", "weigh", "count"),
    [
        (None, lambda errors: errors, 7),
        (Reweighting(), by_largest, 7),
        (Reweighting(alpha=0.5, beta=1.0), by_sum, 7),
        (Reweighting(alpha=-1.0, beta=0.0), lambda errors: errors, 50),
        (Reweighting(alpha=-1.0, beta=0.0), hardest, 53),
    ],
)
def test_later_frames(
    reweighting: Reweighting | None, weigh: Callable[[Tensor], Tensor], count: int
) -> None:
    given = samples(count=count)
    problem = FilterProblem(samples=given, filter_weight=0.1, side=4, reweighting=reweighting)
    fit = residuals(given, 4, weigh)

    def function(point: Tensor) -> Tensor:
        return torch.cat([fit(point.view(5, 16)), 0.1**0.5 * point])

    check(problem, AutogradProblem(function), 0.2 * torch.randn(80, dtype=DOUBLE))


def spread(size: int = 12) -> tuple[Tensor, Tensor]:
    noise = torch.Generator().manual_seed(2)
    root = torch.randn(size, size, generator=noise, dtype=DOUBLE)
    return root @ root.t() + torch.eye(size), torch.randn(size, generator=noise, dtype=DOUBLE)


@pytest.mark.parametrize("beta", ["fletcher_reeves", "polak_ribiere"])
@pytest.mark.parametrize("preconditioned", [False, True])
def test_conjugate_gradients_solve_a_system(beta: str, preconditioned: bool) -> None:
    matrix, right = spread()
    solver = ConjugateGradient(beta=beta)  # type: ignore[arg-type]
    inverse = 1 / matrix.diagonal() if preconditioned else None
    found = solver.run(matrix.mv, right, steps=60, preconditioner=inverse)
    torch.testing.assert_close(matrix @ found, right, rtol=1e-7, atol=1e-7)


def test_a_solver_that_remembers_begins_with_its_last_direction() -> None:
    matrix, right = spread()
    fresh = ConjugateGradient().run(matrix.mv, right, steps=1)
    remembering = ConjugateGradient(forgetting=1.0)
    remembering.run(matrix.mv, right, steps=3)
    assert not torch.allclose(remembering.run(matrix.mv, right, steps=1), fresh)
    remembering.restart()
    assert torch.equal(remembering.run(matrix.mv, right, steps=1), fresh)
    with pytest.raises(ValueError, match="between 0 and 1, got 2"):
        ConjugateGradient(forgetting=2)


def test_nothing_is_done_where_nothing_is_left_or_is_no_number() -> None:
    matrix, right = spread()
    for wrong in (torch.zeros_like(right), torch.full_like(right, torch.nan)):
        assert not ConjugateGradient().run(matrix.mv, wrong, steps=3).any()


def test_gauss_newton_finds_the_minimum_of_a_curved_problem() -> None:
    problem = AutogradProblem(lambda x: torch.stack([1 - x[0], 10 * (x[1] - x[0] ** 2)]))
    start = torch.tensor([-1.2, 1.0], dtype=DOUBLE)
    found = gauss_newton(problem, start, schedule=[4] * 5, solver=ConjugateGradient())
    torch.testing.assert_close(found, torch.ones(2, dtype=DOUBLE))
