"""Distillation of ATOM and DRNet: a student that imitates a teacher, by a sum of terms.

CFKD (Chen, MSc thesis, UCLouvain 2020, github.com/danier97/CFKD). Student and teacher see the same
pairs and the same drawn boxes; see ``training.losses.distillation`` for the terms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast

import torch
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.models.box_network import BoxNetwork
from feathertrack.models.heads.boxes import modulate
from feathertrack.models.network import Network
from feathertrack.training.losses.distillation import Lesson, Level, Seen, Term
from feathertrack.training.recipe import Recipe
from feathertrack.training.task import Losses
from feathertrack.training.tasks.atom import BoxTask, BoxTaskSettings, network_boxes

Mode = Literal["eval", "train"]


@dataclass(frozen=True, kw_only=True)
class DistillAtomSettings(BoxTaskSettings):
    """A weighted sum of objectives.

    Attributes:
        terms: what is summed up; each is logged by itself, not weighted.
        teacher_mode: ``eval``, batch norms of the teacher use their statistics, as when it tracks;
            ``train``, they use those of the batch, as in the reference, whose teacher is switched
            to training with the student.
        from_scratch: whether the backbone may begin with random weights: students do.
    """

    terms: tuple[Term, ...]
    teacher_mode: Mode = "eval"
    from_scratch: bool = True

    def build(
        self, network: Network, *, recipe: Recipe, teacher: Network | None = None
    ) -> DistillAtomTask:
        """Return the task that trains ``network``.

        Raises:
            InputError: the networks do not fit each other or the terms, or two terms have one name.
        """
        student = self.check(network, recipe=recipe)
        names = [term.name for term in self.terms]
        if len({*names, "total"}) != len(names) + 1:
            raise InputError(
                f"{recipe.name}: the terms are called {', '.join(names)}; each needs a name of its "
                "own, and none is total"
            )
        used = [term for term in self.terms if term.weight]
        if not used:
            raise InputError(f"{recipe.name}: no term of the sum has a weight")
        imitating = [term.name for term in used if term.imitates]
        if not imitating:
            return DistillAtomTask(student, self, teacher=None)
        if teacher is None:
            raise InputError(
                f"{recipe.name} imitates by {', '.join(imitating)}: --teacher NAME|FILE"
            )
        if not isinstance(teacher, BoxNetwork) or teacher.family != student.family:
            raise InputError(
                f"{recipe.name} trains a network of {student.family}, but the teacher is "
                f"{teacher.name or 'of another family'}"
            )
        return DistillAtomTask(student, self, teacher=teacher)


class DistillAtomTask(BoxTask):
    """A student with its teacher and the objectives.

    Args:
        network: the student.
        settings: the sum.
        teacher: what is imitated, of the same family; None where no term imitates.
    """

    def __init__(
        self, network: BoxNetwork, settings: DistillAtomSettings, *, teacher: BoxNetwork | None
    ) -> None:
        super().__init__(network, num_proposals=settings.proposals)
        self.terms = tuple(term for term in settings.terms if term.weight)
        if teacher is not None:
            self.hold_teacher(teacher)
            # In training mode its running statistics move, and are never read.
            teacher.train(settings.teacher_mode == "train")

    def forward(self, batch: PairBatch) -> Losses:
        """Return every term under its name, and their weighted sum as ``total``."""
        lesson = self.lesson(batch)
        # Sums over channels and large kernels need float32 whatever the networks ran in.
        with torch.autocast(batch.search.device.type, enabled=False):
            losses = {term.name: term.loss(lesson) for term in self.terms}
        weighted = [term.weight * losses[term.name] for term in self.terms]
        return {**losses, "total": torch.stack(weighted).sum()}

    def lesson(self, batch: PairBatch) -> Lesson:
        """Return what student and teacher make of a batch, as far as a term needs it."""
        boxes, truth = self.draw(batch)
        student = observe(
            self.network,
            batch,
            boxes,
            levels=_levels(self.terms),
            asked=any(term.asks for term in self.terms),
        )
        return Lesson(
            student=student,
            teacher=self.taught(batch, boxes),
            truth=truth,
            template_boxes=network_boxes(batch.template_boxes),
            search_boxes=network_boxes(batch.search_boxes),
        )

    def taught(self, batch: PairBatch, boxes_BP4: Tensor) -> Seen | None:
        """Return what the teacher makes of a batch; it does not depend on the student."""
        if self.teacher is None:
            return None
        imitating = [term for term in self.terms if term.imitates]
        with torch.no_grad():
            return observe(
                cast("BoxNetwork", self.teacher.to(batch.search.device)),
                batch,
                boxes_BP4,
                levels=_levels(imitating),
                asked=any(term.asks for term in imitating),
            )


def observe(
    network: BoxNetwork,
    batch: PairBatch,
    boxes_BP4: Tensor,
    *,
    levels: Sequence[int],
    asked: bool,
) -> Seen:
    """Return maps and answers of a network, in float32; each picture passes the backbone once.

    Args:
        network: student or teacher.
        batch: the pairs.
        boxes_BP4: drawn boxes, as networks count them.
        levels: numbers of the levels that are compared.
        asked: whether the head is asked about the boxes.
    """
    backbone = cast("_Backbone", network.feature_extractor)
    heads = backbone.used if asked else ()
    used = sorted({*levels, *heads})
    template, search = (
        dict(zip(used, backbone(network.normalised(image), used), strict=True))
        for image in (batch.template, batch.search)
    )
    answers = None
    if asked:
        head = network.bb_regressor
        modulation = head.modulation(
            [template[number] for number in heads], network_boxes(batch.template_boxes)
        )
        maps = modulate(head.test_maps([search[number] for number in heads]), modulation)
        answers = head.predict(maps, boxes_BP4).float()
    side = batch.search.shape[-1]
    return Seen(
        levels={
            number: Level(
                template=template[number].float(),
                search=search[number].float(),
                stride=_stride(side, search[number].shape[-1]),
            )
            for number in levels
        },
        answers=answers,
    )


class _Backbone(Protocol):
    """What the backbones of this family share: levels by number."""

    used: tuple[int, ...]

    def __call__(self, image_B3HW: Tensor, used: Sequence[int]) -> list[Tensor]: ...


def _levels(terms: Sequence[Term]) -> list[int]:
    return sorted({number for term in terms for number in term.levels})


def _stride(pixels: int, cells: int) -> int:
    """Pixels per cell; a side that is no multiple has a cell more.

    >>> [_stride(288, 18), _stride(255, 128)]
    [16, 2]
    """
    return 1 << round(math.log2(pixels / cells))
