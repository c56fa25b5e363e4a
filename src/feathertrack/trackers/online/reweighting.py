"""DRNet's loss: residuals are weighed by how large they are, and so are the maps they come from.

The weights are part of the residuals: their Jacobian is differentiated through, in closed form.
Maps whose largest error stands out, which show a distractor, count more. Specification of DRNet,
section 8; the paper's name for it is iteratively reweighted loss.

Shapes: N maps of residuals, n m their sides, L = n * m.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_FLOOR = 0.01
_HARDEST = 50
"""Samples whose residuals at a cell count twice, when the hardest are mined."""


@dataclass(frozen=True, kw_only=True)
class Reweighting:
    """How residuals are weighed.

    Attributes:
        alpha: from 0 on, weight of a residual by its share in the largest of its map, in the
            exponent, where beta is 0 or more; below 0, at each cell the 50 largest residuals of
            all maps count twice, once there are more than 50.
        beta: weight of a map, in the exponent: by its largest residual where negative (DRNet's
            -1), by the sum of its residuals else.
    """

    alpha: float = 0.0
    beta: float = -1.0

    def linearise(self, residuals_Nnm: Tensor) -> Reweighted:
        """Return the weighed residuals near given ones."""
        flat_NL = residuals_Nnm.flatten(1)
        if self.alpha < 0:
            return _Hardest(flat_NL, residuals_Nnm.shape)
        if self.beta < 0:
            largest = _Level.largest(flat_NL)
            return _Exponential(flat_NL, largest, None, -self.beta, 0.0, residuals_Nnm.shape)
        total = _Level.total(flat_NL)
        largest = _Level.largest(flat_NL)
        return _Exponential(flat_NL, total, largest, self.beta, self.alpha, residuals_Nnm.shape)


class Reweighted:
    """Weighed residuals, and the two products with their Jacobian."""

    values_Nnm: Tensor

    def forward(self, change_Nnm: Tensor) -> Tensor:
        """Return how they change with the residuals."""
        raise NotImplementedError

    def adjoint(self, values_Nnm: Tensor) -> Tensor:
        """Return the transposed Jacobian times a vector."""
        raise NotImplementedError


class _Hardest(Reweighted):
    def __init__(self, flat_NL: Tensor, shape: torch.Size) -> None:
        factor = torch.ones_like(flat_NL)
        if len(flat_NL) > _HARDEST:
            factor.scatter_(0, flat_NL.abs().topk(_HARDEST, dim=0).indices, 2.0)
        self.factor_Nnm = factor.view(shape)
        self.values_Nnm = flat_NL.view(shape) * self.factor_Nnm

    def forward(self, change_Nnm: Tensor) -> Tensor:
        """The change of the values where the input changes, (N, n, m)."""
        return change_Nnm * self.factor_Nnm

    def adjoint(self, values_Nnm: Tensor) -> Tensor:
        """The transpose of ``forward``."""
        return values_Nnm * self.factor_Nnm


@dataclass(frozen=True, kw_only=True)
class _Level:
    """A number for each map, and its gradient: ``signs`` at ``places``, or everywhere."""

    values_N1: Tensor
    signs: Tensor
    places_N1: Tensor | None

    @classmethod
    def largest(cls, flat_NL: Tensor) -> _Level:
        """The largest magnitude of each row."""
        places = flat_NL.abs().argmax(1, keepdim=True)
        picked = flat_NL.gather(1, places)
        return cls(values_N1=picked.abs() + _FLOOR, signs=picked.sign(), places_N1=places)

    @classmethod
    def total(cls, flat_NL: Tensor) -> _Level:
        """The sum of the magnitudes of each row."""
        values = flat_NL.abs().sum(1, keepdim=True) + _FLOOR
        return cls(values_N1=values, signs=flat_NL.sign(), places_N1=None)

    def forward(self, change_NL: Tensor) -> Tensor:
        """The change of the level where the input changes, (N, 1)."""
        if self.places_N1 is None:
            return (change_NL * self.signs).sum(1, keepdim=True)
        return change_NL.gather(1, self.places_N1) * self.signs

    def add_adjoint(self, total_NL: Tensor, values_N1: Tensor) -> None:
        """Add the transpose of ``forward``, of ``values_N1``, to ``total_NL`` in place."""
        if self.places_N1 is None:
            total_NL += values_N1 * self.signs
        else:
            total_NL.scatter_add_(1, self.places_N1, values_N1 * self.signs)


class _Exponential(Reweighted):
    """r * exp(beta * level / highest level + alpha * abs(r) / largest)."""

    def __init__(
        self,
        flat_NL: Tensor,
        level: _Level,
        largest: _Level | None,
        beta: float,
        alpha: float,
        shape: torch.Size,
    ) -> None:
        self.shape, self.beta, self.alpha = shape, beta, alpha
        self.level = level
        self.highest = int(level.values_N1.argmax())
        self.height = level.values_N1[self.highest, 0]
        exponent = beta * level.values_N1 / self.height
        self.largest = largest if alpha else None
        if self.largest is not None:
            self.ratio_NL = flat_NL.abs() / self.largest.values_N1
            self.signs_NL = flat_NL.sign()
            exponent = exponent + alpha * self.ratio_NL
        self.factor = exponent.exp()
        self.flat_NL = flat_NL * self.factor
        self.values_Nnm = self.flat_NL.view(shape)

    def forward(self, change_Nnm: Tensor) -> Tensor:
        """The change of the values where the input changes, (N, n, m)."""
        change_NL = change_Nnm.flatten(1)
        moved_N1 = self.level.forward(change_NL)
        share_N1 = self.level.values_N1 / self.height
        exponent = self.beta * (moved_N1 - share_N1 * moved_N1[self.highest]) / self.height
        if self.largest is not None:
            ratio = change_NL * self.signs_NL - self.ratio_NL * self.largest.forward(change_NL)
            exponent = exponent + self.alpha * ratio / self.largest.values_N1
        return (self.factor * change_NL + self.flat_NL * exponent).view(self.shape)

    def adjoint(self, values_Nnm: Tensor) -> Tensor:
        """The transpose of ``forward``."""
        values_NL = values_Nnm.flatten(1)
        total_NL = self.factor * values_NL
        weighed_NL = self.flat_NL * values_NL
        moved_N1 = self.beta * weighed_NL.sum(1, keepdim=True) / self.height
        share_N1 = self.level.values_N1 / self.height
        moved_N1[self.highest] -= (moved_N1 * share_N1).sum()
        self.level.add_adjoint(total_NL, moved_N1)
        if self.largest is not None:
            inner_NL = self.alpha * weighed_NL / self.largest.values_N1
            total_NL += inner_NL * self.signs_NL
            down_N1 = -(inner_NL * self.ratio_NL).sum(1, keepdim=True)
            self.largest.add_adjoint(total_NL, down_N1)
        return total_NL.view(self.shape)
