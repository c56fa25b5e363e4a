"""Distillation of siamese families: the family's own losses, and terms that imitate a teacher.

Student and teacher may have other backbones, widths, levels and stages. Where widths differ, a
learned 1 x 1 convolution brings the student's maps to the teacher's width: it is part of the
training's checkpoints and of no saved weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.models.folding import fold_batchnorm
from feathertrack.models.network import Network
from feathertrack.training.losses.distillation.siamese import (
    MatchedFeatures,
    SiameseSeen,
    SiameseTerm,
    SoftNumbers,
    coincide,
)
from feathertrack.training.recipe import Recipe, TaskSettings
from feathertrack.training.task import Losses, Parts, Task
from feathertrack.training.tasks.siamese_views import (
    FAMILIES,
    Watcher,
    is_siamese,
    outline,
    packed,
    unpacked,
)
from feathertrack.training.teacher_cache import CacheSettings, open_cache

_TRUTH = "truth"


@dataclass(frozen=True, kw_only=True)
class DistillSiameseSettings(TaskSettings):
    """A family's task and a weighted sum of terms that imitate.

    Attributes:
        inner: targets and losses of the family, against the truth.
        terms: what imitates the teacher; each is logged by itself, not weighted.
        truth_weight: of the family's own total, which is logged as ``truth`` beside its terms.
        cache: whether the teacher's outputs are kept for the next training.
    """

    inner: TaskSettings
    terms: tuple[SiameseTerm, ...]
    truth_weight: float = 1.0
    cache: CacheSettings = field(default_factory=CacheSettings)

    def build(
        self, network: Network, *, recipe: Recipe, teacher: Network | None = None
    ) -> DistillSiameseTask:
        """Return the task that trains ``network``.

        Raises:
            InputError: there is no teacher, or the networks do not fit the terms or each other.
        """
        inner = self.inner.build(network, recipe=recipe)
        terms = tuple(term for term in self.terms if term.weight)
        self._check_names()
        if teacher is None:
            named = ", ".join(term.name for term in terms) or "nothing"
            raise InputError(f"{recipe.name} imitates by {named}: --teacher NAME|FILE")
        _check_kind(network, teacher, terms, recipe=recipe)
        student_outline, teacher_outline = outline(network, recipe), outline(teacher, recipe)
        _check_cells(student_outline, teacher_outline, terms, names=(network.name, teacher.name))
        task = DistillSiameseTask(inner, self, teacher=teacher)
        task.compare(student_outline, teacher_outline)
        parts = list(packed(teacher_outline, levels=task.compared))
        task.cache = open_cache(self.cache, recipe=recipe, teacher=teacher, parts=parts)
        return task

    @property
    def needs_teacher(self) -> bool:
        """Always, whatever its terms weigh."""
        return True

    def _check_names(self) -> None:
        names = [term.name for term in self.terms]
        if len({*names, _TRUTH, "total"}) != len(names) + 2:
            raise InputError(
                f"the terms are called {', '.join(names)}; each needs a name of its own, and none "
                f"is {_TRUTH} or total"
            )


class DistillSiameseTask(Task):
    """A student with its family's task, its teacher and the terms.

    Args:
        inner: the family's task.
        settings: the sum.
        teacher: what is imitated; a copy without batch norms is made.

    Attributes:
        adapters: convolutions from the student's to the teacher's width, by level counted from the
            last one.
        compared: numbers of the levels whose maps are compared.
    """

    def __init__(self, inner: Task, settings: DistillSiameseSettings, *, teacher: Network) -> None:
        super().__init__(inner.network)
        self.inner = inner
        self.adapters = nn.ModuleDict()
        self.compared: tuple[int, ...] = ()
        self.truth_weight = settings.truth_weight
        self.terms = tuple(term for term in settings.terms if term.weight)
        self.hold_teacher(fold_batchnorm(teacher).to(memory_format=torch.channels_last))  # type: ignore[call-overload]
        self._watched = (Watcher(self.network), Watcher(cast("Network", self.teacher)))

    def compare(self, student: SiameseSeen, teacher: SiameseSeen) -> None:
        """Choose the levels that the terms compare, and adapt those whose widths differ."""
        terms = [term for term in self.terms if isinstance(term, MatchedFeatures)]
        numbers = {number for term in terms for number in term.chosen(student, teacher)}
        self.compared = tuple(sorted(numbers))
        for number in self.compared:
            widths = [one.searches[number].shape[1] for one in (student, teacher)]
            if widths[0] != widths[1]:
                self.adapters[str(-number)] = nn.Conv2d(widths[0], widths[1], 1)

    def forward(self, batch: PairBatch) -> Losses:
        """Return the family's losses, every term under its name, and the sum as ``total``."""
        own, taught = self._watched[0], self.taught(batch)
        with own.watching():
            truth = dict(self.inner(batch))
        with torch.autocast(batch.search.device.type, enabled=False):
            student = self.adapted(own.seen())
            losses = {term.name: term.loss(student, taught) for term in self.terms}
        total = truth.pop("total")
        weighted = [term.weight * losses[term.name] for term in self.terms]
        whole = torch.stack([self.truth_weight * total, *weighted]).sum()
        return {**truth, _TRUTH: total, **losses, "total": whole}

    def adapted(self, student: SiameseSeen) -> SiameseSeen:
        """The student's maps in the widths of the teacher's."""
        return replace(
            student, templates=self._each(student.templates), searches=self._each(student.searches)
        )

    def _each(self, maps: Mapping[int, Tensor]) -> dict[int, Tensor]:
        return {
            number: self.adapters[str(-number)](maps[number])
            if str(-number) in self.adapters
            else maps[number]
            for number in self.compared
        }

    def taught(self, batch: PairBatch) -> SiameseSeen:
        """Return what the teacher makes of a batch; it does not depend on the student."""
        assert self.teacher is not None
        if self.cache is None:
            return self._ask_teacher(batch)
        parts = self.cache.recall(batch, (), lambda: self.teacher_parts(batch))
        return unpacked(parts, levels=self.compared, stride=self.teacher.stride)

    def teacher_parts(self, batch: PairBatch) -> Parts:
        """Return the teacher's outputs as a cache keeps them."""
        return packed(self._ask_teacher(batch), levels=self.compared)

    def _ask_teacher(self, batch: PairBatch) -> SiameseSeen:
        watcher = self._watched[1]
        teacher = watcher.network.to(batch.search.device)
        with torch.no_grad(), watcher.watching():
            teacher(batch.template, batch.search)
        return watcher.seen()

    def set_epoch(self, epoch: int) -> None:
        """Tell the family's task."""
        self.inner.set_epoch(epoch)

    def pictures(self, batch: PairBatch, *, count: int) -> list[NDArray[np.uint8]]:
        """Return the pictures of the family's task."""
        return self.inner.pictures(batch, count=count)


def _check_kind(
    student: Network, teacher: Network, terms: tuple[SiameseTerm, ...], *, recipe: Recipe
) -> None:
    """Refuse networks whose maps, or scores and boxes, do not mean the same."""
    named = teacher.name or "given"
    if recipe.teacher:
        named += f", from --teacher {recipe.teacher},"
    if not is_siamese(student) or not is_siamese(teacher):
        raise InputError(
            f"{recipe.name} compares networks of {', '.join(FAMILIES)}; the teacher {named} is of "
            f"{teacher.family}"
        )
    if all(isinstance(term, MatchedFeatures) for term in terms):
        return
    if student.family != teacher.family:
        raise InputError(
            f"{recipe.name} trains a network of {student.family}, but the teacher {named} is of "
            f"{teacher.family}: their scores do not mean the same, give a teacher of "
            f"{student.family}"
        )
    anchors = [one.conventions.get("anchors") for one in (student, teacher)]
    if anchors[0] != anchors[1]:
        raise InputError(
            f"{recipe.name} trains a network for the anchors of {anchors[0]}, but the teacher was "
            f"built for those of {anchors[1]}: --model-options.anchors {anchors[1]}"
        )


def _check_cells(
    student: SiameseSeen,
    teacher: SiameseSeen,
    terms: tuple[SiameseTerm, ...],
    *,
    names: tuple[str, str],
) -> None:
    """Refuse terms that ask for what one of the networks does not have."""
    strides = (student.stride, teacher.stride)
    for term in terms:
        if isinstance(term, MatchedFeatures):
            missing = set(term.levels) - (set(student.searches) & set(teacher.searches))
            if missing:
                raise InputError(
                    f"{term.name} compares level {min(missing)}, but {names[0]} has "
                    f"{len(student.searches)} levels and {names[1]} {len(teacher.searches)}"
                )
        elif isinstance(term, SoftNumbers):
            if term.output not in student.numbers:
                known = ", ".join(student.numbers) or "none"
                raise InputError(f"{term.name} compares {term.output}; {names[0]} says {known}")
            if not coincide(student.scores, teacher.scores, strides=strides):
                raise InputError(
                    f"the score maps of {names[0]} and {names[1]} have cells in other places: "
                    f"boxes cannot be compared, give {term.name} the weight 0"
                )
