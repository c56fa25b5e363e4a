"""Distillation of ATOM and DRNet: a student that imitates a teacher, by a sum of terms.

CFKD (Duolikun, master's thesis, University College London, 2020, github.com/danier97/CFKD). Student
and teacher see the same pairs and the same drawn boxes; see ``training.losses.distillation`` for
the terms.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

import torch
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.models.box_network import BoxNetwork
from feathertrack.models.folding import fold_batchnorm
from feathertrack.models.network import Network
from feathertrack.training.losses.distillation import Lesson, Seen, Term
from feathertrack.training.recipe import Recipe
from feathertrack.training.task import Losses, Parts
from feathertrack.training.tasks.atom import BoxTask, BoxTaskSettings, rests
from feathertrack.training.tasks.fitting import check_levels, check_terms, fitting_teacher
from feathertrack.training.tasks.observing import network_boxes, observe
from feathertrack.training.tasks.seen_parts import packed, part_names, unpacked
from feathertrack.training.teacher_cache import CacheSettings, open_cache

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
        cache: whether the teacher's outputs are kept for the next training.
    """

    terms: tuple[Term, ...]
    teacher_mode: Mode = "eval"
    from_scratch: bool = True
    cache: CacheSettings = field(default_factory=CacheSettings)

    def build(
        self, network: Network, *, recipe: Recipe, teacher: Network | None = None
    ) -> DistillAtomTask:
        """Return the task that trains ``network``.

        Raises:
            InputError: the networks do not fit each other or the terms, or two terms have one name.
        """
        student = self.check(network, recipe=recipe)
        check_terms(self.terms, recipe=recipe)
        imitating = [term.name for term in self.terms if term.weight and term.imitates]
        resting = rests(recipe.freeze)
        if not imitating:
            check_levels(self.terms, student, None, recipe=recipe)
            self._check_nothing_kept(recipe)
            return DistillAtomTask(student, self, teacher=None, resting=resting)
        if teacher is None:
            raise InputError(
                f"{recipe.name} imitates by {', '.join(imitating)}: --teacher NAME|FILE"
            )
        teacher = fitting_teacher(teacher, student, recipe=recipe)
        check_levels(self.terms, student, teacher, recipe=recipe)
        task = DistillAtomTask(student, self, teacher=teacher, resting=resting)
        if self.cache.folder and self.teacher_mode == "train":
            raise InputError(
                "a teacher in train mode answers by its batch, which no cache can know: leave out "
                "--task.cache.folder, or --task.teacher-mode eval"
            )
        names = part_names(task.imitating)
        task.cache = open_cache(self.cache, recipe=recipe, teacher=teacher, parts=names)
        return task

    @property
    def needs_teacher(self) -> bool:
        """Whether a term that counts imitates."""
        return any(term.weight and term.imitates for term in self.terms)

    def _check_nothing_kept(self, recipe: Recipe) -> None:
        if self.cache.folder:
            raise InputError(
                f"{recipe.name} imitates no teacher, so there is nothing to keep in "
                f"{self.cache.folder}: leave out --task.cache.folder"
            )


class DistillAtomTask(BoxTask):
    """A student with its teacher and the objectives.

    Args:
        network: the student.
        settings: the sum.
        teacher: what is imitated, of the same family; a copy is made. None where no term imitates.
        resting: the student's backbone never changes.
    """

    def __init__(
        self,
        network: BoxNetwork,
        settings: DistillAtomSettings,
        *,
        teacher: BoxNetwork | None,
        resting: bool = False,
    ) -> None:
        super().__init__(network, num_proposals=settings.proposals, resting=resting)
        self.terms = tuple(term for term in settings.terms if term.weight)
        self.imitating = tuple(term for term in self.terms if term.imitates)
        if teacher is not None:
            training = settings.teacher_mode == "train"
            # A teacher that keeps its statistics computes the same without batch norms.
            held = copy.deepcopy(teacher) if training else fold_batchnorm(teacher)
            self.hold_teacher(held.to(memory_format=torch.channels_last))  # type: ignore[call-overload]
            held.train(training)

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
        asked = any(term.asks for term in self.terms)
        student = self.observed(batch, boxes, levels=_levels(self.terms), asked=asked)
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
        if self.cache is None:
            return self._ask_teacher(batch, boxes_BP4)
        parts = self.cache.recall(batch, [boxes_BP4], lambda: self._teacher_parts(batch, boxes_BP4))
        return unpacked(parts, side=batch.search.shape[-1])

    def teacher_parts(self, batch: PairBatch) -> Parts:
        """Return the teacher's outputs as a cache keeps them."""
        return self._teacher_parts(batch, self.draw(batch)[0])

    def _teacher_parts(self, batch: PairBatch, boxes_BP4: Tensor) -> Parts:
        return packed(self._ask_teacher(batch, boxes_BP4), part_names(self.imitating))

    def _ask_teacher(self, batch: PairBatch, boxes_BP4: Tensor) -> Seen:
        assert self.teacher is not None
        with torch.no_grad():
            return observe(
                cast("BoxNetwork", self.teacher.to(batch.search.device)),
                batch,
                boxes_BP4,
                levels=_levels(self.imitating),
                asked=any(term.asks for term in self.imitating),
            )


def _levels(terms: Sequence[Term]) -> list[int]:
    return sorted({number for term in terms for number in term.levels})
