"""SiamFC's training: its score map against a map of ones around the target.

Source: github.com/conquerhuang/FDSiamFC, ``losses.py`` and the training loop of its history. Both
crops pass the backbone by themselves, so that batch norms see the batch of templates and the batch
of search regions separately and move their statistics twice a step.

Shapes: B pairs, m n cells of the score map, D channels, h w cells of the template, K other
templates that each search region is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.data.targets.response import response_label
from feathertrack.errors import InputError
from feathertrack.models.correlation import xcorr
from feathertrack.models.network import Network
from feathertrack.models.siamfc import SiamFC
from feathertrack.training.losses import (
    HarmonizedLogistic,
    balanced_logistic,
    focal_logistic,
    hard_negative_logistic,
)
from feathertrack.training.recipe import Recipe, TaskSettings
from feathertrack.training.task import Losses, Task
from feathertrack.training.tasks.pictures import pair_picture


@dataclass(frozen=True, kw_only=True)
class SiamFCTaskSettings(TaskSettings):
    """Labels and loss of SiamFC.

    Attributes:
        loss: on the score map: ``balanced`` as published; ``focal``, ``ghm`` and ``ohnm`` stand in
            the published code but are not used there.
        radius: cells within this many pixels of the target are positive, by the sum of their
            distances along the axes.
        outer_radius: cells beyond ``radius`` and nearer than this many pixels do not count; 0
            leaves none out.
        negative_weight: weight of all negative cells against all positive ones.
        follow: the ones lie around the target; off, as published, around the centre of the map,
            from which the target is then a few pixels away.
        cross_pairs: each search region is also compared with the templates of so many other pairs
            of its batch, where nothing is to be found. Ours.
    """

    loss: Literal["balanced", "focal", "ghm", "ohnm"] = "balanced"
    radius: float = 16.0
    outer_radius: float = 0.0
    negative_weight: float = 1.0
    follow: bool = False
    cross_pairs: int = 0

    def build(
        self, network: Network, *, recipe: Recipe, teacher: Network | None = None
    ) -> SiamFCTask:
        """Return the task that trains ``network``; a teacher is held, but imitated by no loss."""
        if not isinstance(network, SiamFC):
            raise InputError(f"task siamfc trains networks of siamfc, not {network.name}")
        task = SiamFCTask(network, self)
        if teacher is not None:
            task.hold_teacher(teacher)
        return task


class SiamFCTask(Task):
    """A network of SiamFC with its labels and loss.

    Args:
        network: what is trained.
        settings: labels and loss.
    """

    network: SiamFC

    def __init__(self, network: SiamFC, settings: SiamFCTaskSettings) -> None:
        super().__init__(network)
        self.settings = settings
        # Its counts are kept between steps, so that they are part of a checkpoint.
        self.harmonized = HarmonizedLogistic() if settings.loss == "ghm" else None

    def forward(self, batch: PairBatch) -> Losses:
        """Return the loss of the score maps as ``total``."""
        return {"total": self.response_loss(*self.scores(batch))}

    def scores(self, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """Return score_N1mn and label_N1mn of a batch; N = B (1 + K), the true pairs first."""
        features_BDhw = self.network.embed(batch.template)
        search_BDHW = self.network.embed(batch.search)
        score_B1mn = self._correlate(features_BDhw, search_BDHW)
        label_B1mn = self.labels(batch, score_B1mn)
        crossed = [
            self._correlate(features_BDhw.roll(shift, 0), search_BDHW)
            for shift in range(1, min(self.settings.cross_pairs, len(batch) - 1) + 1)
        ]
        scores = torch.cat([score_B1mn, *crossed])
        nothing = label_B1mn.new_zeros(len(scores) - len(batch), *label_B1mn.shape[1:])
        return scores.float(), torch.cat([label_B1mn, nothing])

    def response_loss(self, score_N1mn: Tensor, label_N1mn: Tensor) -> Tensor:
        """Return the loss that the settings name."""
        settings = self.settings
        if settings.loss == "balanced":
            return balanced_logistic(
                score_N1mn, label_N1mn, negative_weight=settings.negative_weight
            )
        if settings.loss == "focal":
            return focal_logistic(score_N1mn, label_N1mn)
        if settings.loss == "ohnm":
            return hard_negative_logistic(score_N1mn, label_N1mn)
        assert self.harmonized is not None, settings.loss
        harmonized: Tensor = self.harmonized(score_N1mn, label_N1mn)
        return harmonized

    def _correlate(self, template_BDhw: Tensor, search_BDHW: Tensor) -> Tensor:
        network = self.network
        return network.gain * xcorr(search_BDHW, template_BDhw, form=network.correlation)

    def labels(self, batch: PairBatch, score_B1mn: Tensor) -> Tensor:
        """Return label_B1mn: 1 around the target of a positive pair, 0.5 not counted, else 0."""
        rows, columns = score_B1mn.shape[2:]
        settings, stride = self.settings, self.network.stride
        if not settings.follow:
            label = response_label(
                rows,
                columns,
                positive_radius=settings.radius,
                neutral_radius=settings.outer_radius,
                stride=stride,
            )
            label_mn = torch.from_numpy(label).to(score_B1mn.device)
            return label_mn * batch.positive[:, None, None, None]
        boxes, side = batch.search_boxes, batch.search.shape[-1]
        middle_B2 = (boxes[:, :2] + boxes[:, 2:] / 2 - side / 2) / stride
        y_m = torch.arange(rows, device=boxes.device) - (rows - 1) / 2
        x_n = torch.arange(columns, device=boxes.device) - (columns - 1) / 2
        distance_B1mn = (
            (y_m[None, :, None] - middle_B2[:, 1, None, None]).abs()
            + (x_n[None, None, :] - middle_B2[:, 0, None, None]).abs()
        )[:, None]
        label_B1mn = 0.5 * (distance_B1mn < settings.outer_radius / stride).float()
        label_B1mn[distance_B1mn <= settings.radius / stride] = 1.0
        return label_B1mn * batch.positive[:, None, None, None]

    def pictures(self, batch: PairBatch, *, count: int) -> list[NDArray[np.uint8]]:
        """Return up to ``count`` pictures: template, search region, label, and score 0..1."""
        with torch.no_grad():
            scores, labels = self.scores(batch)
        return [
            pair_picture(
                batch,
                i,
                maps=(labels[i, 0], scores[i, 0].sigmoid()),
                stride=self.network.stride,
            )
            for i in range(min(count, len(batch)))
        ]
