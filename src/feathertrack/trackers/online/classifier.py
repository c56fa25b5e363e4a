"""The filter that tells the target from its surroundings, with its memory: arrays in and out.

Shapes: N samples, C channels of the network's map, D of a projected one, n m its sides.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.trackers.draws import Draws
from feathertrack.trackers.online.conjugate_gradient import ConjugateGradient
from feathertrack.trackers.online.least_squares import gauss_newton
from feathertrack.trackers.online.memory import SampleMemory
from feathertrack.trackers.online.problems import FilterProblem, JointProblem, Samples
from feathertrack.trackers.online.reweighting import Reweighting
from feathertrack.trackers.online.taps import respond
from feathertrack.trackers.online_settings import OnlineSettings

Map = NDArray[np.float32]


class Classifier:
    """One target's filter.

    Args:
        settings: how it learns.
        draws: where its first values and the dropped channels come from.
        reweighting: DRNet's, for frames after the first.
        threads: of the processor; None leaves torch's number.
        dtype: torch.float32, or torch.float64 for studies.
    """

    def __init__(
        self,
        settings: OnlineSettings,
        draws: Draws,
        *,
        reweighting: Reweighting | None = None,
        threads: int | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.settings = settings
        self.draws = draws
        self.reweighting = reweighting
        self.threads = threads
        self.dtype = dtype
        self.solver = ConjugateGradient(beta="polak_ribiere")

    def start(self, maps_NCnm: Map, labels_Nnm: Map) -> None:
        """Learn filter and projection from the views of the first frame, the plain one first."""
        with self._running():
            samples = self._first_samples(maps_NCnm, labels_Nnm)
            problem = JointProblem(
                samples=samples,
                filter_weight=self.settings.filter_weight,
                projection_weight=self.settings.projection_weight,
                side=self.settings.filter_side,
                width=self.settings.compressed,
            )
            point = self._first_point(problem)
            point = gauss_newton(
                problem,
                point,
                schedule=self.settings.first_schedule,
                solver=ConjugateGradient(beta=self.settings.first_beta),
                preconditioner=1 / problem.regularisation(point),
            )
            filter_DT, projection_DC = problem.split(point)
            self.filter, self.projection_DC = filter_DT.flatten(), projection_DC.clone()
            self.memory = SampleMemory(
                self._project(samples.maps_CNnm),
                samples.labels_Nnm,
                slots=self.settings.memory,
                kept=self.settings.first_share or None,
            )

    def respond(self, map_1Cnm: Map) -> Map:
        """Return the score map (n, m) of a frame, not bent below zero; the sample is held on to."""
        with self._running():
            self._sample_D1nm = self._project(self._normalised(map_1Cnm))
            kernel_DT = self.filter.view(self.settings.compressed, -1)
            scores: Map = respond(self._sample_D1nm, kernel_DT)[0].numpy()
            return scores

    def add(self, label_nm: Map, *, rate: float) -> None:
        """Remember the sample of the last ``respond`` with its label."""
        with self._running():
            label = torch.from_numpy(label_nm).to(self.dtype)
            self.memory.add(self._sample_D1nm[:, 0], label, rate=rate)

    def learn(self, steps: int) -> None:
        """Fit the filter anew to what is remembered."""
        with self._running():
            problem = FilterProblem(
                samples=self.memory.samples,
                filter_weight=self.settings.filter_weight,
                side=self.settings.filter_side,
                reweighting=self.reweighting,
            )
            self.filter = gauss_newton(problem, self.filter, schedule=[steps], solver=self.solver)

    def _first_samples(self, maps_NCnm: Map, labels_Nnm: Map) -> Samples:
        """The views, and copies of the plain one that lack some channels."""
        s = self.settings
        views_CNnm = self._normalised(maps_NCnm)
        plain_C1nm, channels = views_CNnm[:, :1], len(views_CNnm)
        copies = [
            plain_C1nm
            * self._tensor(self.draws.kept_channels(channels, dropped=s.dropped_channels)).view(
                -1, 1, 1, 1
            )
            for _ in range(s.dropped_copies)
        ]
        maps_CNnm = torch.cat([views_CNnm, *copies], dim=1)
        labels = self._tensor(labels_Nnm)
        count = maps_CNnm.shape[1]
        return Samples(
            maps_CNnm=maps_CNnm,
            labels_Nnm=torch.cat([labels, *[labels[:1]] * s.dropped_copies]),
            weights_N=torch.full((count,), 1 / count, dtype=self.dtype),
        )

    def _first_point(self, problem: JointProblem) -> Tensor:
        channels, width = len(problem.samples.maps_CNnm), self.settings.compressed
        size = width * self.settings.filter_side**2
        projection = self.draws.normal("projection", width, channels, deviation=channels**-0.5)
        kernel = self.draws.normal("filter", width, size // width, deviation=1 / size)
        return problem.join(self._tensor(kernel), self._tensor(projection))

    def _normalised(self, maps_NCnm: Map) -> Tensor:
        """Maps of mean square 1, channels first, (C, N, n, m)."""
        maps = self._tensor(maps_NCnm)
        power = (maps.square().mean((1, 2, 3), keepdim=True) + 1e-10).sqrt()
        return (maps / power).transpose(0, 1).contiguous()

    def _project(self, maps_CNnm: Tensor) -> Tensor:
        projected = self.projection_DC @ maps_CNnm.reshape(len(maps_CNnm), -1)
        return projected.view(-1, *maps_CNnm.shape[1:])

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.as_tensor(np.asarray(array)).to(self.dtype)

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        before = torch.get_num_threads()
        change = self.threads is not None and self.threads != before
        if change:
            torch.set_num_threads(self.threads or before)
        try:
            with torch.inference_mode():
                yield
        finally:
            if change:
                torch.set_num_threads(before)
