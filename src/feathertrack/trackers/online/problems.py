"""What ATOM and DRNet solve: a filter whose response to every sample is to be its label.

The response to a map x is ``mlu(filter * (P x))`` with a projection P to fewer channels: the first
frame fits filter and projection together, later frames the filter alone. As the response has one
channel, filter and projection act on a map as the one kernel ``P^T filter``; all Jacobians below
are products with that kernel. Specification of ATOM, section 6.

Shapes: N samples, C channels of a map, D of a projected one, n m its sides, T taps of the filter.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from feathertrack.trackers.online.reweighting import Reweighted, Reweighting
from feathertrack.trackers.online.taps import correlate, respond

_BEND = 0.05
"""How far below zero a response may fall: background may be any negative number."""


def mlu(values: Tensor) -> Tensor:
    """Return values, those below zero bent smoothly to no less than -0.05."""
    return torch.where(values < 0, _BEND * torch.expm1(values.clamp(max=0) / _BEND), values)


def mlu_slope(values: Tensor) -> Tensor:
    """Return the derivative of :func:`mlu`."""
    return torch.exp(values.clamp(max=0) / _BEND)


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What a filter is to answer.

    Attributes:
        maps_CNnm: the samples, channels first.
        labels_Nnm: the responses wanted.
        weights_N: how much each sample counts.
    """

    maps_CNnm: Tensor
    labels_Nnm: Tensor
    weights_N: Tensor


class _Fit:
    """Weighed errors of the responses, and what they do to a change of the responses."""

    def __init__(
        self, samples: Samples, kernel_CT: Tensor, reweighting: Reweighting | None = None
    ) -> None:
        response_Nnm = respond(samples.maps_CNnm, kernel_CT)
        errors_Nnm = mlu(response_Nnm) - samples.labels_Nnm
        self.slope_Nnm = mlu_slope(response_Nnm)
        self.weights_N11 = samples.weights_N[:, None, None]
        self.reweighted: Reweighted | None = None
        if reweighting is not None:
            self.reweighted = reweighting.linearise(errors_Nnm)
            errors_Nnm = self.reweighted.values_Nnm
        self.objective = float((self.weights_N11 * errors_Nnm.square()).sum())
        self.back_Nnm = self._back(self.weights_N11 * errors_Nnm)
        self._square_Nnm = self.weights_N11 * self.slope_Nnm.square()

    def square(self, change_Nnm: Tensor) -> Tensor:
        """Return the transposed Jacobian of the errors times their Jacobian times a change."""
        if self.reweighted is None:
            return self._square_Nnm * change_Nnm
        return self._back(self.weights_N11 * self.reweighted.forward(self.slope_Nnm * change_Nnm))

    def _back(self, values_Nnm: Tensor) -> Tensor:
        if self.reweighted is not None:
            values_Nnm = self.reweighted.adjoint(values_Nnm)
        return self.slope_Nnm * values_Nnm


@dataclass(frozen=True, kw_only=True)
class FilterProblem:
    """The filter (D, T) alone, flat; samples are projected."""

    samples: Samples
    filter_weight: float
    side: int
    reweighting: Reweighting | None = None

    def linearise(self, point: Tensor) -> LinearisedFilter:
        """Return the residuals near a filter."""
        return LinearisedFilter(self, point)


class LinearisedFilter:
    """See :class:`feathertrack.trackers.online.least_squares.Linearised`."""

    def __init__(self, problem: FilterProblem, point: Tensor) -> None:
        self.problem = problem
        self.shape = (len(problem.samples.maps_CNnm), problem.side**2)
        fit = self.fit = _Fit(problem.samples, point.view(self.shape), problem.reweighting)
        self.objective = fit.objective + problem.filter_weight * float(point.square().sum())
        self.gradient = self._adjoint(fit.back_Nnm) + problem.filter_weight * point

    def normal(self, direction: Tensor) -> Tensor:
        """Return the product with the matrix of the normal equations."""
        change = respond(self.problem.samples.maps_CNnm, direction.view(self.shape))
        return self._adjoint(self.fit.square(change)) + self.problem.filter_weight * direction

    def _adjoint(self, errors_Nnm: Tensor) -> Tensor:
        maps = self.problem.samples.maps_CNnm
        return correlate(maps, errors_Nnm, side=self.problem.side).flatten()


@dataclass(frozen=True, kw_only=True)
class JointProblem:
    """Filter (D, T) and projection (D, C) of the first frame, one after the other in one vector."""

    samples: Samples
    filter_weight: float
    projection_weight: float
    side: int
    width: int

    def join(self, filter_DT: Tensor, projection_DC: Tensor) -> Tensor:
        """Return the flat vector of both."""
        return torch.cat([filter_DT.flatten(), projection_DC.flatten()])

    def split(self, point: Tensor) -> tuple[Tensor, Tensor]:
        """Return filter (D, T) and projection (D, C) of a flat vector."""
        taps = self.side**2
        cut = self.width * taps
        return point[:cut].view(self.width, taps), point[cut:].view(self.width, -1)

    def regularisation(self, like: Tensor) -> Tensor:
        """The weight of every unknown; its inverse preconditions the problem."""
        filter_DT, projection_DC = self.split(torch.zeros_like(like))
        return self.join(filter_DT + self.filter_weight, projection_DC + self.projection_weight)

    def linearise(self, point: Tensor) -> LinearisedJoint:
        """Return the residuals near a filter and a projection."""
        return LinearisedJoint(self, point)


class LinearisedJoint:
    """See :class:`feathertrack.trackers.online.least_squares.Linearised`."""

    def __init__(self, problem: JointProblem, point: Tensor) -> None:
        self.problem = problem
        self.filter_DT, self.projection_DC = problem.split(point)
        self.weights = problem.regularisation(point)
        fit = self.fit = _Fit(problem.samples, self.projection_DC.t() @ self.filter_DT)
        self.objective = fit.objective + float((self.weights * point.square()).sum())
        self.gradient = self._adjoint(fit.back_Nnm) + self.weights * point

    def normal(self, direction: Tensor) -> Tensor:
        """Return the product with the matrix of the normal equations."""
        filter_DT, projection_DC = self.problem.split(direction)
        kernel_CT = projection_DC.t() @ self.filter_DT + self.projection_DC.t() @ filter_DT
        change = respond(self.problem.samples.maps_CNnm, kernel_CT)
        return self._adjoint(self.fit.square(change)) + self.weights * direction

    def _adjoint(self, errors_Nnm: Tensor) -> Tensor:
        maps = self.problem.samples.maps_CNnm
        kernel_CT = correlate(maps, errors_Nnm, side=self.problem.side)
        return self.problem.join(self.projection_DC @ kernel_CT, self.filter_DT @ kernel_CT.t())
