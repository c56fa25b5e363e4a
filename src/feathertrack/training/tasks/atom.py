"""Training of the heads of ATOM and DRNet: what they say of boxes drawn around the target.

Danelljan et al., ATOM, CVPR 2019, arXiv 1811.07628 (pytracking, ``bbreg/atom_paper``), and DRNet
(github.com/ShuaiBai623/DRNet). The template gives the modulation, and every box drawn in the search
region an answer: ``2 * IoU - 1`` of ATOM, the way to the target's box of DRNet.

Shapes: B pairs, P boxes in each, K numbers that the head says of a box (1 or 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.data.targets.proposals import proposals
from feathertrack.errors import InputError
from feathertrack.models.atom import Atom
from feathertrack.models.backbones.backbone import Backbone
from feathertrack.models.box_network import BoxNetwork
from feathertrack.models.drnet import DRNet
from feathertrack.models.folding import fold_batchnorm
from feathertrack.models.network import Network
from feathertrack.training.losses.distillation.answers import Distance, distance
from feathertrack.training.losses.distillation.lesson import Seen
from feathertrack.training.recipe import FreezeSettings, Recipe, TaskSettings
from feathertrack.training.task import Losses, Task
from feathertrack.training.tasks.observing import (
    LevelledBackbone,
    network_boxes,
    observe,
    package_boxes,
)
from feathertrack.training.tasks.pictures import pair_picture

_BACKBONE = "feature_extractor"
_BEST = 3


@dataclass(frozen=True, kw_only=True)
class BoxTaskSettings(TaskSettings):
    """What all trainings of ATOM and DRNet share.

    Attributes:
        proposals: boxes drawn around each target.
        from_scratch: whether the backbone may begin with random weights.
    """

    proposals: int = 16
    from_scratch: bool = False

    def check(self, network: Network, *, recipe: Recipe) -> BoxNetwork:
        """Return the network, which can be trained.

        Raises:
            InputError: it is no ATOM or DRNet, its backbone would begin with random weights where
                it must not, or some pairs are negative.
        """
        if not isinstance(network, (Atom, DRNet)):
            raise InputError(
                f"{recipe.name} trains networks of atom and drnet, not {network.name or 'others'}"
            )
        if not (self.from_scratch or network.digest):
            raise InputError(
                f"{recipe.name} begins with a trained backbone: --weights FILE, such as "
                f"torchvision's ImageNet weights for the backbone of {recipe.model}, or "
                "--task.from-scratch true"
            )
        if recipe.data.negative > 0:
            raise InputError(
                f"data.negative is {recipe.data.negative}, but a box around another object teaches"
                " this head nothing: use 0"
            )
        return network


@dataclass(frozen=True, kw_only=True)
class AtomTaskSettings(BoxTaskSettings):
    """The head against the truth.

    Attributes:
        distance: between its answers and the right ones.
    """

    distance: Distance = "mse"

    def build(
        self, network: Network, *, recipe: Recipe, teacher: Network | None = None
    ) -> AtomTask:
        """Return the task that trains ``network``; a teacher is held, but imitated by no loss."""
        checked = self.check(network, recipe=recipe)
        task = AtomTask(checked, self, resting=rests(recipe.freeze))
        if teacher is not None:
            task.hold_teacher(teacher)
        return task


class BoxTask(Task):
    """What all trainings of ATOM and DRNet share: the drawn boxes, their truth, and pictures.

    Args:
        network: what is trained.
        num_proposals: boxes drawn around each target.
        resting: the backbone never changes; it is used without batch norms, which computes the same
            in less time, from the first batch on.
    """

    network: BoxNetwork

    def __init__(self, network: BoxNetwork, *, num_proposals: int, resting: bool = False) -> None:
        super().__init__(network)
        self.num_proposals = num_proposals
        self.resting = resting
        self._folded: tuple[Backbone, ...] = ()  # in a tuple, as it is no part of the task

    def draw(self, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """Return boxes (B, P, 4), as networks count them, and the right answers (B, P, K)."""
        drawn = proposals(
            batch.search_boxes.cpu().numpy(), batch.seeds.cpu().numpy(), count=self.num_proposals
        )
        truth = drawn.overlap[..., None] if isinstance(self.network, Atom) else drawn.delta
        device = batch.search.device
        boxes = torch.from_numpy(drawn.boxes).to(device)
        return network_boxes(boxes), torch.from_numpy(truth).to(device)

    def observed(
        self,
        batch: PairBatch,
        boxes_BP4: Tensor,
        *,
        levels: Sequence[int] = (),
        asked: bool = True,
    ) -> Seen:
        """Return what the network makes of a batch; see ``observe``."""
        if self.resting and not self._folded:
            # Now, and not before: a run that goes on has read its weights.
            self._folded = (fold_batchnorm(self.network.feature_extractor).requires_grad_(False),)
        backbone = cast("LevelledBackbone", self._folded[0]) if self._folded else None
        return observe(
            self.network, batch, boxes_BP4, levels=levels, asked=asked, backbone=backbone
        )

    def answers(self, batch: PairBatch, boxes_BP4: Tensor) -> Tensor:
        """Return what the network says of boxes, float32 (B, P, K)."""
        answers = self.observed(batch, boxes_BP4).answers
        assert answers is not None
        return answers

    def pictures(self, batch: PairBatch, *, count: int) -> list[NDArray[np.uint8]]:
        """Return up to ``count`` pictures: the template, and the search region with boxes.

        In the search region stand the target's box and the one that the network makes of those
        drawn: the mean of the three that ATOM likes best, or the mean of where DRNet goes.
        """
        boxes, _ = self.draw(batch)
        with torch.no_grad():
            found = package_boxes(self._found(boxes, self.answers(batch, boxes)))
        return [
            pair_picture(batch, i, maps=(), found=found[i].cpu().numpy())
            for i in range(min(count, len(batch)))
        ]

    def _found(self, boxes_BP4: Tensor, answers_BPK: Tensor) -> Tensor:
        if isinstance(self.network, Atom):
            best = answers_BPK[..., 0].topk(min(_BEST, self.num_proposals), dim=1).indices
            return boxes_BP4.gather(1, best[..., None].expand(-1, -1, 4)).mean(1)
        size = boxes_BP4[..., 2:]
        center = boxes_BP4[..., :2] + size / 2 + answers_BPK[..., :2] * size
        size = size * answers_BPK[..., 2:].clamp(max=4).exp()
        return torch.cat([center - size / 2, size], dim=-1).mean(1)


class AtomTask(BoxTask):
    """The head of ATOM or DRNet against the truth.

    Args:
        network: what is trained.
        settings: the loss.
        resting: the backbone never changes.
    """

    def __init__(
        self, network: BoxNetwork, settings: AtomTaskSettings, *, resting: bool = False
    ) -> None:
        super().__init__(network, num_proposals=settings.proposals, resting=resting)
        self.settings = settings

    def forward(self, batch: PairBatch) -> Losses:
        """Return the distance between the network's answers and the right ones as ``total``."""
        boxes, truth = self.draw(batch)
        answers = self.answers(batch, boxes)
        return {"total": distance(answers, truth, kind=self.settings.distance)}


def rests(freeze: FreezeSettings) -> bool:
    """Whether the whole backbone stays as it is, its statistics included."""
    parts = [until for part, until in freeze.frozen.items() if part.startswith(_BACKBONE)]
    return freeze.norms == "freeze" and _BACKBONE in freeze.frozen and max(parts) < 0
