"""SiamKPN's training: a bump at the target's centre, and box numbers around it, at every stage.

Li et al., arXiv 2006.04078; targets and losses are those of github.com/ZekuiQin/SiamKPN, whose two
mistakes are named options: ``labels`` and ``offset_weight`` of ``code``.

Shapes: B pairs, K stages, S side of the score map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.data.targets import KeypointTargets, keypoint_targets
from feathertrack.data.targets.keypoints import OFFSET_SCALE
from feathertrack.errors import InputError
from feathertrack.models.network import Network
from feathertrack.models.siamkpn import SiamKPN
from feathertrack.training.losses import siamkpn_loss
from feathertrack.training.recipe import Recipe, TaskSettings
from feathertrack.training.task import Losses, Task
from feathertrack.training.tasks.pictures import pair_picture
from feathertrack.training.tasks.truth import Truth, check_crop, check_sizes, truth_of


@dataclass(frozen=True, kw_only=True)
class SiamKPNTaskSettings(TaskSettings):
    """Labels and losses of SiamKPN.

    Attributes:
        decay: factor on the deviation of the bump from stage to stage; 0.9 in the rows with
            "variance decay".
        labels: ``intended`` narrows the bump from stage to stage; ``code`` gives every stage that
            of the last, as the published code does by mistake.
        offset_weight: ``own`` weighs the offsets of a cell by its own bump; ``code`` as the
            published code does, by that of other cells from two positive pairs on.
        negative_weight: of all cells but the peak in the loss of the bump.
        heat_weight: of the loss of the bump in the total.
        offset_weight_in_total: of the loss of the offsets.
        size_weight: of the loss of width and height.
    """

    decay: float = 1.0
    labels: Literal["intended", "code"] = "intended"
    offset_weight: Literal["own", "code"] = "own"
    negative_weight: float = 0.05
    heat_weight: float = 1.0
    offset_weight_in_total: float = 1.0
    size_weight: float = 0.05

    def build(
        self, network: Network, *, recipe: Recipe, teacher: Network | None = None
    ) -> SiamKPNTask:
        """Return the task that trains ``network``; a teacher is held, but imitated by no loss.

        Raises:
            InputError: the network is of another family, the crops of the recipe do not fit it, or
                bumps would have no width.
        """
        if not isinstance(network, SiamKPN):
            raise InputError(f"task siamkpn trains networks of siamkpn, not {network.name}")
        if not 0 < self.decay <= 1:
            raise InputError(f"task.decay must be above 0 and at most 1, got {self.decay}")
        check_crop(recipe, network)
        check_sizes(recipe, stride=network.stride)
        task = SiamKPNTask(network, self)
        if teacher is not None:
            task.hold_teacher(teacher)
        return task


class SiamKPNTask(Task):
    """A network of SiamKPN with its targets and losses.

    Args:
        network: what is trained.
        settings: labels and losses.
    """

    network: SiamKPN

    def __init__(self, network: SiamKPN, settings: SiamKPNTaskSettings) -> None:
        super().__init__(network)
        self.settings = settings

    def forward(self, batch: PairBatch) -> Losses:
        """Return ``total``, and its terms ``heat``, ``offset`` and ``size``."""
        truth = truth_of(batch)
        outputs = self.network(batch.template, batch.search)
        return self.losses(outputs, self.targets(truth, size=outputs[0].shape[-1]))

    def targets(self, truth: Truth, *, size: int) -> KeypointTargets:
        """Return the targets of a batch for score maps of ``size`` cells on a side."""
        return keypoint_targets(
            truth.boxes,
            truth.positive,
            stages=self.network.head.num_stages,
            decay=self.settings.decay,
            labels=self.settings.labels,
            size=size,
            stride=self.network.stride,
        )

    def losses(self, outputs: tuple[Tensor, ...], targets: KeypointTargets) -> Losses:
        """Return the losses of raw outputs: bump, offsets and size of every stage, in turn."""
        settings = self.settings
        heat, offset, size = (torch.from_numpy(part).to(outputs[0].device) for part in targets)
        return siamkpn_loss(
            outputs[0::3],
            outputs[1::3],
            outputs[2::3],
            heat,
            offset,
            size,
            offset_weight=settings.offset_weight,
            negative_weight=settings.negative_weight,
            weights=(
                settings.heat_weight,
                settings.offset_weight_in_total,
                settings.size_weight,
            ),
        )

    def pictures(self, batch: PairBatch, *, count: int) -> list[NDArray[np.uint8]]:
        """Return up to ``count`` pictures: template, search region, bump of the last stage."""
        with torch.no_grad():
            outputs = self.network(batch.template, batch.search)
        score, offset, size = (one.float().cpu() for one in outputs[-3:])
        wanted = torch.from_numpy(self.targets(truth_of(batch), size=score.shape[-1]).heat[:, -1])
        boxes = self.boxes(score, offset, size, side=batch.search.shape[-1])
        return [
            pair_picture(
                batch,
                number,
                maps=(wanted[number], score[number, 0].sigmoid()),
                found=boxes[number],
                stride=self.network.stride,
            )
            for number in range(min(count, len(batch)))
        ]

    def boxes(
        self, score: Tensor, offset: Tensor, size: Tensor, *, side: int
    ) -> NDArray[np.float64]:
        """Return the box (B, 4) of the best cell in search regions of ``side`` pixels."""
        cells = score.shape[-1]
        best = score.flatten(1).argmax(1)
        number = torch.arange(len(best))
        cell = torch.stack([best % cells, best // cells], dim=1).double() - cells // 2
        moved = OFFSET_SCALE * offset.flatten(2)[number, :, best].double()
        center = side / 2 + self.network.stride * cell + moved
        sizes = size.flatten(2)[number, :, best].double().clamp(min=1)
        return torch.cat([center - sizes / 2, sizes], dim=1).numpy()
