"""Conjugate gradients for symmetric systems that are given as a function.

Shewchuk, An Introduction to the Conjugate Gradient Method Without the Agonizing Pain, 1994; the
preconditioned, nonlinear variants of its appendix B. Unknowns are one flat vector.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

BetaRule = Literal["fletcher_reeves", "polak_ribiere"]
"""How much of the last direction is kept; the two agree for a system that does not change."""


class ConjugateGradient:
    """Solves ``apply(x) = right_side`` a few steps at a time.

    Args:
        beta: the rule; a negative share is taken as none.
        forgetting: share of the last run's direction that the next run begins with, from 0, a
            fresh start, to 1; it speeds up runs on systems that change little.
    """

    def __init__(self, *, beta: BetaRule = "fletcher_reeves", forgetting: float = 0.0) -> None:
        if not 0 <= forgetting <= 1:
            raise ValueError(f"forgetting must lie between 0 and 1, got {forgetting}")
        self.beta = beta
        self.forgetting = forgetting
        self.restart()

    def restart(self) -> None:
        """Forget the last direction."""
        self._direction: Tensor | None = None
        self._residual: Tensor | None = None
        self._power: Tensor | None = None

    def run(
        self,
        apply: Callable[[Tensor], Tensor],
        right_side: Tensor,
        *,
        steps: int,
        preconditioner: Tensor | None = None,
    ) -> Tensor:
        """Return x after so many steps from 0; fewer where the residual vanishes.

        Args:
            apply: multiplies by the matrix, which is symmetric and positive semi-definite.
            right_side: the vector that ``apply(x)`` should become.
            steps: products with the matrix at most.
            preconditioner: the diagonal of an approximate inverse.
        """
        if self.forgetting == 0:
            self.restart()
        elif self._power is not None:
            self._power = self._power / self.forgetting
        solution = torch.zeros_like(right_side)
        residual = right_side
        for _ in range(steps):
            scaled = residual if preconditioner is None else residual * preconditioner
            power = torch.dot(residual, scaled)
            if not bool(power > 0):  # nothing is left, or it is no number any more
                break
            direction = self._next_direction(scaled, power)
            product = apply(direction)
            curvature = torch.dot(direction, product)
            if not bool(curvature > 0):
                break
            length = power / curvature
            self._residual, self._power, self._direction = residual, power, direction
            solution = solution + length * direction
            residual = residual - length * product
        return solution

    def _next_direction(self, scaled: Tensor, power: Tensor) -> Tensor:
        if self._direction is None or self._residual is None or self._power is None:
            return scaled
        gained = power
        if self.beta == "polak_ribiere":
            gained = power - torch.dot(self._residual, scaled)
        share = (gained / self._power).clamp(min=0)
        return scaled + share * self._direction
