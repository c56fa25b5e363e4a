"""SiamRPN++'s training: which anchors are the target, and how they have to move onto it.

Li et al., CVPR 2019, arXiv 1812.11703; targets and losses are those of github.com/STVIR/pysot, or
of github.com/open-mmlab/mmtracking by named options. Two defects of theirs are not followed: pysot
loses the only positive anchor of a batch, and mmtracking prefers background from the upper part of
the map.

Shapes: B pairs, A anchor shapes, S side of the score map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.data.targets import (
    AnchorKind,
    AnchorTargets,
    AnchorTargetSettings,
    anchor_grid,
    anchor_targets,
)
from feathertrack.errors import InputError
from feathertrack.models.network import Network
from feathertrack.models.siamrpn import SiamRPN
from feathertrack.training.losses import siamrpn_loss
from feathertrack.training.recipe import Recipe, TaskSettings
from feathertrack.training.task import Losses, Task
from feathertrack.training.tasks.pictures import pair_picture
from feathertrack.training.tasks.truth import Truth, check_crop, check_sizes, truth_of


@dataclass(frozen=True, kw_only=True)
class SiamRPNTaskSettings(TaskSettings):
    """Anchors, labels and losses of SiamRPN.

    Attributes:
        anchors: whose anchors, and whose comparison with ``high``; the network must have been
            built for the same (``model_options.anchors``), as its boxes are decoded by them.
        normalization: the class loss is a mean over all anchors of the batch that count (pysot),
            or over those of each pair, then over pairs (mmtracking).
        high: overlap from which an anchor is the target.
        low: overlap below which it is background.
        positives: most anchors of the target that count, per pair.
        total: anchors that count in all, of a positive pair.
        negatives: anchors that count of a negative pair.
        window: where those lie: ``code``, as published, one cell right of and below the other
            object when that is in the middle; ``centered`` around it.
        class_weight: of the class loss in the total.
        box_weight: of the box loss in the total.
    """

    anchors: AnchorKind = "pysot"
    normalization: Literal["batch", "sample"] = "batch"
    high: float = 0.6
    low: float = 0.3
    positives: int = 16
    total: int = 64
    negatives: int = 16
    window: Literal["code", "centered"] = "code"
    class_weight: float = 1.0
    box_weight: float = 1.2

    def build(
        self, network: Network, *, recipe: Recipe, teacher: Network | None = None
    ) -> SiamRPNTask:
        """Return the task that trains ``network``; a teacher is held, but imitated by no loss.

        Raises:
            InputError: the network is of another family or other anchors, or the crops of the
                recipe do not fit it.
        """
        if not isinstance(network, SiamRPN):
            raise InputError(f"task siamrpn trains networks of siamrpn, not {network.name}")
        built_for = network.conventions["anchors"]
        if built_for != self.anchors:
            raise InputError(
                f"task.anchors is {self.anchors}, but {network.name} was built for the anchors of "
                f"{built_for}: model_options.anchors and task.anchors must agree"
            )
        check_crop(recipe, network)
        check_sizes(recipe, stride=network.stride)
        task = SiamRPNTask(network, self)
        if teacher is not None:
            task.hold_teacher(teacher)
        return task


class SiamRPNTask(Task):
    """A network of SiamRPN with its targets and losses.

    Args:
        network: what is trained.
        settings: anchors, labels and losses.
    """

    network: SiamRPN

    def __init__(self, network: SiamRPN, settings: SiamRPNTaskSettings) -> None:
        super().__init__(network)
        self.settings = settings

    def forward(self, batch: PairBatch) -> Losses:
        """Return ``total``, and its terms ``class`` and ``box``."""
        truth = truth_of(batch)
        score, delta = self.network(batch.template, batch.search)
        return self.losses(score, delta, self.targets(truth, size=score.shape[-1]))

    def targets(self, truth: Truth, *, size: int) -> AnchorTargets:
        """Return the targets of a batch for score maps of ``size`` cells on a side."""
        settings = self.settings
        return anchor_targets(
            *truth,
            size=size,
            settings=AnchorTargetSettings(
                kind=settings.anchors,
                high=settings.high,
                low=settings.low,
                positives=settings.positives,
                total=settings.total,
                negatives=settings.negatives,
                window=settings.window,
            ),
            stride=self.network.stride,
        )

    def losses(self, score: Tensor, delta: Tensor, targets: AnchorTargets) -> Losses:
        """Return the losses of raw outputs (B, 2A, S, S) and (B, 4A, S, S)."""
        settings = self.settings
        label, wanted, weight = (torch.from_numpy(part).to(score.device) for part in targets)
        return siamrpn_loss(
            score,
            delta,
            label,
            wanted,
            weight,
            normalization="pysot" if settings.normalization == "batch" else "mmtracking",
            class_weight=settings.class_weight,
            box_weight=settings.box_weight,
        )

    def pictures(self, batch: PairBatch, *, count: int) -> list[NDArray[np.uint8]]:
        """Return up to ``count`` pictures: template, search region, labels, scores.

        Labels are bright where an anchor of the cell is the target, and dim where one counts as
        background; the score is that of the best anchor of the cell.
        """
        with torch.no_grad():
            score, delta = self.network(batch.template, batch.search)
        label = torch.from_numpy(self.targets(truth_of(batch), size=score.shape[-1]).label)
        target = target_scores(score).cpu()
        boxes = self.boxes(target, delta, side=batch.search.shape[-1])
        return [
            pair_picture(
                batch,
                number,
                maps=(_shown(label[number]), target[number].amax(0)),
                found=boxes[number],
                stride=self.network.stride,
            )
            for number in range(min(count, len(batch)))
        ]

    def boxes(self, target: Tensor, delta: Tensor, *, side: int) -> NDArray[np.float64]:
        """Return the box (B, 4) of the best anchor in search regions of ``side`` pixels."""
        scores, moves = target.flatten(1), delta.float().cpu()
        moves = moves.reshape(len(scores), 4, -1)
        anchors = anchor_grid(
            target.shape[-1],
            kind=self.settings.anchors,
            middle=(side - 1) / 2,
            stride=self.network.stride,
        ).reshape(-1, 4)
        best = scores.argmax(1)
        anchor = anchors[best.numpy()]
        move = moves[torch.arange(len(scores)), :, best].double().numpy()
        size = anchor[:, 2:] * np.exp(np.clip(move[:, 2:], -5, 5))
        center = anchor[:, :2] + anchor[:, 2:] * move[:, :2] + 0.5
        return np.concatenate([center - size / 2, size], axis=1)


def target_scores(score: Tensor) -> Tensor:
    """Raw scores (B, 2A, S, S) -> probability that an anchor is the target (B, A, S, S)."""
    background, target = score.float().chunk(2, dim=1)
    return (target - background).sigmoid()


def _shown(label_ASS: Tensor) -> Tensor:
    """1 where an anchor is the target, 0.3 where one is background, else 0."""
    return torch.where((label_ASS == 1).any(0), 1.0, torch.where((label_ASS == 0).any(0), 0.3, 0.0))
