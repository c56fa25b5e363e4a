"""ATOM in its plain form: what ``atom_speed.py`` compares with.

torch in eager mode and float32, batch norms not folded, channels first; boxes pooled one by one in
a loop, their gradient by autograd; Jacobians by the double backward of a convolution, over all
slots of the memory; scores interpolated through padded Fourier transforms. Everything else, such
as crops and the order of things, is the tracker's own, so that both do the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.engines.protocol import Boxes, Features, NetworkInfo, Outputs
from feathertrack.engines.requests import each_input
from feathertrack.models.atom import Atom
from feathertrack.models.heads.boxes import corners
from feathertrack.models.prroi import prroi_pool
from feathertrack.trackers import online_tracker
from feathertrack.trackers.atom import AtomTracker
from feathertrack.trackers.online.classifier import Classifier
from feathertrack.trackers.online.conjugate_gradient import ConjugateGradient
from feathertrack.trackers.online.least_squares import Linearised, gauss_newton
from feathertrack.trackers.online.memory import SampleMemory
from feathertrack.trackers.online.problems import JointProblem, Samples, mlu
from feathertrack.weights import network_info


@dataclass(frozen=True)
class PlainEngine:
    """The network as it is; see ``CallingEngine``."""

    model: Atom = field(repr=False)
    name: str = "torch"
    device: str = "cpu"
    precision: str = "float32"

    @property
    def info(self) -> NetworkInfo:
        """What the network is."""
        return replace(network_info(self.model), further_calls=("features", "iou"))

    def embed(self, template: NDArray[Any], boxes: Boxes | None = None) -> Features:
        """The modulation of templates."""
        assert boxes is not None
        with torch.no_grad():
            return Features(self.model.embed(_pictures(template), torch.from_numpy(boxes)))

    def predict(self, features: Features, search: NDArray[Any]) -> Outputs:
        """The filter's map and two modulated ones."""
        with torch.no_grad():
            outputs = self.model.predict(features, _pictures(search))  # type: ignore[arg-type]
        return tuple(output.numpy() for output in outputs)

    def call(self, name: str, *inputs: NDArray[Any] | Features) -> Outputs:
        """The map for the filter, or overlaps with their gradient by autograd."""
        arrays = each_input(inputs)
        if name == "features":
            with torch.no_grad():
                return (self.model.features(_pictures(arrays[0]))[0].numpy(),)
        map3, map4, boxes = map(torch.from_numpy, arrays)
        boxes.requires_grad_()
        overlaps = self._overlaps((map3, map4), boxes[0])
        (slopes,) = torch.autograd.grad(overlaps.sum(), boxes)
        return overlaps.detach().numpy()[None], slopes.numpy()

    def stack(self, features: Any) -> Features:
        """Not needed."""
        raise NotImplementedError

    def blend(self, first: Any, second: Any, share: float) -> Features:
        """Not needed."""
        raise NotImplementedError

    def _overlaps(self, maps: tuple[Tensor, Tensor], boxes_P4: Tensor) -> Tensor:
        head = self.model.bb_regressor
        hidden = []
        for values, bins, stride, block in zip(
            maps, (5, 3), (8, 16), (head.fc3_rt, head.fc4_rt), strict=True
        ):
            channels_first = values.permute(0, 3, 1, 2)
            pooled = [
                prroi_pool(
                    channels_first, corners(box)[None, None], size=(bins, bins), scale=1 / stride
                )[0]
                for box in boxes_P4
            ]
            hidden.append(block(torch.cat(pooled).flatten(1)))
        outputs: Tensor = head.predictor(torch.cat(hidden, dim=1))
        return outputs[:, 0]


class PlainTracker(AtomTracker):
    """The tracker with the plain classifier; ``interpolate_plainly`` must be in place."""

    def make_classifier(self, threads: int | None) -> Classifier:
        """Return a filter that learns through autograd."""
        return PlainClassifier(self.settings, self.draws, threads=threads)


class PlainClassifier(Classifier):
    """Learns the same by double backward."""

    def start(self, maps_NCnm: NDArray[Any], labels_Nnm: NDArray[Any]) -> None:
        """Learn filter and projection."""
        s = self.settings
        samples = self._first_samples(maps_NCnm, labels_Nnm)
        joint = JointProblem(
            samples=samples,
            filter_weight=s.filter_weight,
            projection_weight=s.projection_weight,
            side=s.filter_side,
            width=s.compressed,
        )
        maps_NCnm_ = samples.maps_CNnm.transpose(0, 1).contiguous()
        point = self._first_point(joint)

        def residuals(at: Tensor) -> Tensor:
            filter_DT, projection_DC = joint.split(at)
            projected = F.conv2d(maps_NCnm_, projection_DC[..., None, None])
            fit = _errors(
                projected, filter_DT.reshape(1, -1, s.filter_side, s.filter_side), samples
            )
            return torch.cat([fit, joint.regularisation(at).sqrt() * at])

        point = gauss_newton(
            PlainProblem(residuals),
            point,
            schedule=s.first_schedule,
            solver=ConjugateGradient(),
            preconditioner=1 / joint.regularisation(point),
        )
        filter_DT, projection_DC = joint.split(point)
        self.filter, self.projection_DC = filter_DT.flatten(), projection_DC.clone()
        self.memory = SampleMemory(
            self._project(samples.maps_CNnm),
            samples.labels_Nnm,
            slots=s.memory,
            kept=s.first_share or None,
        )
        memory = self.memory
        self.maps_MDnm = memory.maps_DMnm.transpose(0, 1).contiguous()

    def add(self, label_nm: NDArray[Any], *, rate: float) -> None:
        """Remember a sample."""
        sample_Dnm = self._sample_D1nm[:, 0]
        slot = self.memory.add(sample_Dnm, torch.from_numpy(label_nm), rate=rate)
        self.maps_MDnm[slot] = sample_Dnm

    def respond(self, map_1Cnm: NDArray[Any]) -> NDArray[np.float32]:
        """Return the score map, by a convolution."""
        with torch.no_grad():
            self._sample_D1nm = self._project(self._normalised(map_1Cnm))
            kernel = self.filter.view(1, -1, self.settings.filter_side, self.settings.filter_side)
            return _same(self._sample_D1nm.transpose(0, 1), kernel)[0].numpy()

    def learn(self, steps: int) -> None:
        """Fit the filter to all slots."""
        s, memory = self.settings, self.memory
        samples = Samples(
            maps_CNnm=memory.maps_DMnm,
            labels_Nnm=memory.labels_Mnm,
            weights_N=memory.weights.values,
        )

        def residuals(at: Tensor) -> Tensor:
            kernel = at.view(1, -1, s.filter_side, s.filter_side)
            return torch.cat(
                [_errors(self.maps_MDnm, kernel, samples), math.sqrt(s.filter_weight) * at]
            )

        problem = PlainProblem(residuals)
        self.filter = gauss_newton(problem, self.filter, schedule=[steps], solver=self.solver)


class PlainProblem:
    """Residuals whose Jacobian is had by differentiating backwards twice."""

    def __init__(self, residuals: Any) -> None:
        self.residuals = residuals

    def linearise(self, point: Tensor) -> Linearised:
        """Return the residuals near a point."""
        return _Plain(self.residuals, point)


class _Plain:
    def __init__(self, residuals: Any, point: Tensor) -> None:
        self.point = point.detach().clone().requires_grad_()
        self.values: Tensor = residuals(self.point)
        self.dummy = torch.ones_like(self.values, requires_grad=True)
        (self.back,) = torch.autograd.grad(self.values, self.point, self.dummy, create_graph=True)

    @property
    def objective(self) -> float:
        return float(self.values.detach().square().sum())

    @property
    def gradient(self) -> Tensor:
        return self._adjoint(self.values.detach())

    def normal(self, direction: Tensor) -> Tensor:
        (change,) = torch.autograd.grad(self.back, self.dummy, direction, retain_graph=True)
        return self._adjoint(change)

    def _adjoint(self, values: Tensor) -> Tensor:
        (product,) = torch.autograd.grad(self.values, self.point, values, retain_graph=True)
        return product


def interpolate_plainly() -> None:
    """Let trackers of this process interpolate scores through Fourier transforms."""
    online_tracker.interpolate = _interpolate  # type: ignore[attr-defined]


def _interpolate(scores_nm: NDArray[np.float32], size: int, **_: Any) -> NDArray[np.float32]:
    """Through the padded spectrum; the highest wave counts twice, an even filter is assumed."""
    cells = len(scores_nm)
    half = cells // 2
    spectrum = torch.fft.fft2(torch.from_numpy(scores_nm)) / cells**2
    index = torch.arange(-half, half + 1)
    grid = spectrum[index % cells][:, index % cells]
    shift = torch.exp(1j * math.pi * index)
    grid = grid * shift[:, None] * shift[None, :]
    padded = torch.zeros(size, size, dtype=grid.dtype)
    padded[(index % size)[:, None], index % size] = grid
    return torch.fft.ifft2(padded).real.mul(size**2).roll((size // 2,) * 2, (0, 1)).numpy()  # type: ignore[no-any-return]


def plain_tracker(model: Atom, settings: Any) -> PlainTracker:
    """The tracker in its plain form."""
    interpolate_plainly()
    return PlainTracker(PlainEngine(model), replace(settings, rounded_patches=False))


def _errors(maps_NDnm: Tensor, kernel: Tensor, samples: Samples) -> Tensor:
    errors = mlu(_same(maps_NDnm, kernel)) - samples.labels_Nnm
    return (samples.weights_N.sqrt()[:, None, None] * errors).flatten()


def _same(maps_NDnm: Tensor, kernel: Tensor) -> Tensor:
    response = F.conv2d(maps_NDnm, kernel, padding=kernel.shape[-1] // 2)[:, 0]
    return response[:, : maps_NDnm.shape[2], : maps_NDnm.shape[3]]


def _pictures(pictures: NDArray[Any]) -> Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().contiguous()
