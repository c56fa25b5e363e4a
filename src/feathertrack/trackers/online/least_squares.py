"""Gauss-Newton: a sum of squares is made small by solving its linearisation again and again.

A problem says what its residuals are near a point; that may be done in closed form (``problems``)
or, for any function of torch, by :class:`AutogradProblem`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import torch
from torch import Tensor
from torch.func import vjp

from feathertrack.trackers.online.conjugate_gradient import ConjugateGradient


class Linearised(Protocol):
    """The residuals r of a problem near a point, with their Jacobian J."""

    @property
    def objective(self) -> float:
        """The sum of the squares of r."""

    @property
    def gradient(self) -> Tensor:
        """Half of the objective's gradient, the transpose of J times r."""

    def normal(self, direction: Tensor) -> Tensor:
        """Return the transpose of J, times J, times a direction."""


class Problem(Protocol):
    """A sum of squares of residuals that depend on one flat vector."""

    def linearise(self, point: Tensor) -> Linearised:
        """Return the residuals near a point."""


def gauss_newton(
    problem: Problem,
    point: Tensor,
    *,
    schedule: Iterable[int],
    solver: ConjugateGradient,
    preconditioner: Tensor | None = None,
) -> Tensor:
    """Return the point after one linearisation for each entry of a schedule.

    Args:
        problem: what is to be made small.
        point: where to begin.
        schedule: steps of the solver on each linearisation, ``[10] * 6``. There is no search along
            the line: the whole step is taken.
        solver: solves the linear systems.
        preconditioner: diagonal of an approximate inverse of the systems.
    """
    for steps in schedule:
        near = problem.linearise(point)
        step = solver.run(near.normal, -near.gradient, steps=steps, preconditioner=preconditioner)
        if not bool(torch.isfinite(step).all()):
            break  # what was learnt before is better than no numbers
        point = point + step
    return point


class AutogradProblem:
    """The general path: any differentiable function from a flat vector to residuals."""

    def __init__(self, residuals: Callable[[Tensor], Tensor]) -> None:
        self.residuals = residuals

    def linearise(self, point: Tensor) -> Linearised:
        """Return the residuals near a point; the Jacobian is never formed."""
        return _AutogradLinearised(self.residuals, point)


class _AutogradLinearised:
    def __init__(self, residuals: Callable[[Tensor], Tensor], point: Tensor) -> None:
        near = vjp(residuals, point)
        self._residuals: Tensor = near[0]
        self._backward = near[1]

        def adjoint(values: Tensor) -> Tensor:
            return vjp(residuals, point)[1](values)[0]  # type: ignore[no-any-return]

        # The adjoint is linear: its own adjoint is the Jacobian.
        self._forward = vjp(adjoint, torch.zeros_like(self._residuals))[1]

    @property
    def objective(self) -> float:
        """Sum of the squared residuals where it was linearised."""
        return float(self._residuals.square().sum())

    @property
    def gradient(self) -> Tensor:
        """Half the gradient of the objective: the adjoint of the residuals."""
        return self._adjoint(self._residuals)

    def normal(self, direction: Tensor) -> Tensor:
        """The normal matrix times a direction: its change of the residuals, taken back."""
        (change,) = self._forward(direction)
        return self._adjoint(change)

    def _adjoint(self, values: Tensor) -> Tensor:
        (product,) = self._backward(values)
        return product  # type: ignore[no-any-return]
