"""Feather's training: cells say how well their boxes fit, and a teacher may be listened to.

The score that a cell of the target should give is the overlap that its box has just now, so that
scores become estimates of overlaps. A teacher, FEAR-XS, adds two terms: its scores as they are, and
its boxes where it is sure.

Shapes: B pairs, S side of the score map.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.models.feather import Feather
from feathertrack.models.network import Network
from feathertrack.training.losses.feather import (
    CellTargets,
    box_loss,
    cell_targets,
    divergence,
    overlaps,
    quality_loss,
)
from feathertrack.training.recipe import Recipe, TaskSettings
from feathertrack.training.task import Losses, Task
from feathertrack.training.tasks.pictures import pair_picture
from feathertrack.training.teachers.fear import FearTeacher


@dataclass(frozen=True, kw_only=True)
class FeatherTaskSettings(TaskSettings):
    """Losses of the Feather networks.

    Attributes:
        score_weight: of the loss of scores in the total.
        box_weight: of the loss of boxes.
        focus: power of the score that weighs cells of the background.
        negative_weight: of the background in the loss of scores.
        mirror: share of pairs that are mirrored left to right, both crops together.
        seen_size: side in pixels to which search regions are shrunk before the network sees them; a
            teacher sees them whole. 0 leaves them.
        teacher_onnx: file ``fear_xs_tracker.onnx``, beside which ``fear_xs_init.onnx`` lies; "" for
            no teacher.
        teach_score_weight: of the distance from the teacher's scores.
        teach_box_weight: of the distance from the teacher's boxes.
        teach_above: the teacher's score above which its boxes count.
    """

    score_weight: float = 1.0
    box_weight: float = 2.0
    focus: float = 2.0
    negative_weight: float = 1.0
    mirror: float = 0.5
    seen_size: int = 0
    teacher_onnx: str = ""
    teach_score_weight: float = 0.5
    teach_box_weight: float = 1.0
    teach_above: float = 0.3

    def build(
        self, network: Network, *, recipe: Recipe, teacher: Network | None = None
    ) -> FeatherTask:
        """Return the task that trains ``network``; a network as a teacher is imitated by no loss.

        Raises:
            InputError: the network is of another family, the crops of the recipe do not fit it, or
                the teacher's files are not there.
        """
        if not isinstance(network, Feather):
            raise InputError(f"task feather trains networks of feather, not {network.name}")
        _check_sizes(recipe, network, taught=bool(self.teacher_onnx))
        _check_seen(self.seen_size, search=recipe.data.search.size, stride=network.stride)
        task = FeatherTask(network, self)
        if teacher is not None:
            task.hold_teacher(teacher)
        return task


class FeatherTask(Task):
    """A network of Feather with its targets and losses.

    Args:
        network: what is trained.
        settings: losses.

    Raises:
        InputError: the teacher's files are not there.
    """

    network: Feather

    def __init__(self, network: Feather, settings: FeatherTaskSettings) -> None:
        super().__init__(network)
        self.settings = settings
        self.fear = FearTeacher(settings.teacher_onnx) if settings.teacher_onnx else None

    def forward(self, batch: PairBatch) -> Losses:
        """Return ``total``, its terms ``score`` and ``box``, and with a teacher two more."""
        if self.training:
            batch = mirrored(batch, share=self.settings.mirror)
        seen = shrunk(batch, size=self.settings.seen_size)
        score, box = self.network(seen.template, seen.search)
        score_BSS, box_B4SS = score.float().squeeze(1), box.float()
        targets = self.targets(seen, size=score.shape[-1])
        losses = self.losses(score_BSS, box_B4SS, targets)
        if self.fear is None:
            return losses
        return self._taught(losses, score_BSS, box_B4SS, batch)

    def targets(self, batch: PairBatch, *, size: int) -> CellTargets:
        """Return the targets of a batch for score maps of ``size`` cells on a side."""
        return cell_targets(
            batch.search_boxes, batch.positive, size=size, stride=self.network.stride
        )

    def losses(
        self, score_BSS: Tensor, box_B4SS: Tensor, targets: CellTargets
    ) -> dict[str, Tensor]:
        """Return the losses of raw outputs in float32: ``total``, ``score``, ``box``."""
        settings = self.settings
        overlap, generalised = overlaps(box_B4SS, targets.distances)
        score = quality_loss(
            score_BSS,
            overlap.detach(),
            targets.is_target,
            focus=settings.focus,
            negative_weight=settings.negative_weight,
        )
        box = box_loss(generalised, targets.weight)
        total = settings.score_weight * score + settings.box_weight * box
        return {"total": total, "score": score, "box": box}

    def _taught(
        self, losses: dict[str, Tensor], score_BSS: Tensor, box_B4SS: Tensor, batch: PairBatch
    ) -> dict[str, Tensor]:
        """Add what the teacher says of the positive pairs."""
        assert self.fear is not None
        chosen = batch.positive.nonzero().squeeze(1)
        said, boxes = self.fear.answers(
            batch.template[chosen], batch.template_boxes[chosen], batch.search[chosen]
        )
        if self.settings.seen_size:
            ratio = self.settings.seen_size / batch.search.shape[-1]
            said, boxes = at_cells(said, boxes, size=score_BSS.shape[-1], ratio=ratio)
        settings, sure = self.settings, torch.sigmoid(said)
        weight = sure * (sure > settings.teach_above)
        teach_score = divergence(score_BSS[chosen], sure).sum() / sure.sum().clamp(min=1)
        teach_box = box_loss(overlaps(box_B4SS[chosen], boxes)[1], weight)
        total = (
            losses["total"]
            + settings.teach_score_weight * teach_score
            + settings.teach_box_weight * teach_box
        )
        return {**losses, "total": total, "teach_score": teach_score, "teach_box": teach_box}

    def pictures(self, batch: PairBatch, *, count: int) -> list[NDArray[np.uint8]]:
        """Return up to ``count`` pictures: template, search region, wanted cells, scores."""
        batch = shrunk(batch, size=self.settings.seen_size)
        with torch.no_grad():
            score, box = self.network(batch.template, batch.search)
        wanted = self.targets(batch, size=score.shape[-1]).weight
        found = best_boxes(score, box, stride=self.network.stride)
        return [
            pair_picture(
                batch,
                number,
                maps=(wanted[number], score[number, 0].float().sigmoid()),
                found=found[number].cpu().numpy(),
                stride=self.network.stride,
            )
            for number in range(min(count, len(batch)))
        ]


def best_boxes(score_B1SS: Tensor, box_B4SS: Tensor, *, stride: int) -> Tensor:
    """Return the box (B, 4) of the best cell in search regions, x, y, w, h in their pixels."""
    best = score_B1SS.flatten(1).argmax(1)
    columns = score_B1SS.shape[-1]
    place = stride * torch.stack([best % columns, best // columns], dim=1).float()
    distances = box_B4SS.float().flatten(2)[torch.arange(len(best)), :, best]
    first, last = distances[:, :2], distances[:, 2:]
    return torch.cat([place - first, first + last], dim=1)


def shrunk(batch: PairBatch, *, size: int) -> PairBatch:
    """A batch whose search regions, and the boxes in them, have ``size`` pixels; 0 leaves them."""
    if not size:
        return batch
    search = F.interpolate(
        batch.search, size=(size, size), mode="bilinear", align_corners=False, antialias=False
    )
    ratio = size / batch.search.shape[-1]
    return replace(batch, search=search, search_boxes=batch.search_boxes * ratio)


def at_cells(
    said_BTT: Tensor, boxes_B4TT: Tensor, *, size: int, ratio: float
) -> tuple[Tensor, Tensor]:
    """What a teacher says of a region, (B, S, S) and (B, 4, S, S), at the cells of a shrunk one.

    Between its cells it is interpolated, which is exact for the distances of one box; of what lies
    beyond its last cell that cell speaks.

    Args:
        said_BTT: logits of the teacher.
        boxes_B4TT: distances in pixels of the whole region.
        size: S, cells of the shrunk region, as many pixels apart as the teacher's.
        ratio: side of the shrunk region over that of the whole one.
    """
    last = said_BTT.shape[-1] - 1
    place_S = (torch.arange(size, device=said_BTT.device) / ratio).clamp(max=last)
    lines = 2 * place_S / last - 1
    y, x = torch.meshgrid(lines, lines, indexing="ij")
    grid = torch.stack([x, y], dim=2).expand(len(said_BTT), -1, -1, -1)
    both = torch.cat([said_BTT[:, None], boxes_B4TT], dim=1)
    taken = F.grid_sample(both, grid, mode="bilinear", align_corners=True)
    return taken[:, 0], taken[:, 1:] * ratio


def mirrored(batch: PairBatch, *, share: float) -> PairBatch:
    """A batch of which some pairs, chosen by their seeds, are mirrored left to right."""
    chosen = (batch.seeds % 1024) < share * 1024

    def pictures(images: Tensor) -> Tensor:
        return torch.where(chosen[:, None, None, None], images.flip(3), images)

    def boxes(given: Tensor, width: int) -> Tensor:
        x, y, w, h = given.unbind(1)
        return torch.where(chosen[:, None], torch.stack([width - x - w, y, w, h], dim=1), given)

    return replace(
        batch,
        template=pictures(batch.template),
        search=pictures(batch.search),
        template_boxes=boxes(batch.template_boxes, batch.template.shape[3]),
        search_boxes=boxes(batch.search_boxes, batch.search.shape[3]),
    )


def _check_sizes(recipe: Recipe, network: Feather, *, taught: bool) -> None:
    template, search = recipe.data.template.size, recipe.data.search.size
    if template != network.template_size:
        raise InputError(
            f"data.template.size is {template}: {recipe.model} takes {network.template_size}"
        )
    if search % network.stride or (taught and search != network.search_size):
        allowed = f"{network.search_size}" if taught else f"a multiple of {network.stride}"
        raise InputError(f"data.search.size is {search}: {recipe.model} takes {allowed} here")


def _check_seen(seen: int, *, search: int, stride: int) -> None:
    if seen and (seen % stride or not 0 < seen <= search):
        raise InputError(
            f"task.seen_size is {seen}: expected 0 or a multiple of {stride} up to "
            f"data.search.size, {search}"
        )
