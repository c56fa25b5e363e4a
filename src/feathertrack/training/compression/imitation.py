"""A unit's distance to the same unit of a live teacher, as a further loss.

FDSiamFC's abstract promises it ("perform distillation on each minimum unit"); its code has none, so
the form is ours. While a unit has an hourglass its widened output is compared with what the
teacher's convolution gives; after it has become narrow, the output of the next convolution is. The
last unit has no widened output: there the correlation of template and search region is compared.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.models.correlation import xcorr
from feathertrack.models.network import Network
from feathertrack.models.squeezing import StepBackbone, step_backbone
from feathertrack.training.recipe import Recipe, TaskSettings
from feathertrack.training.task import Losses, Task


@dataclass(frozen=True, kw_only=True)
class ImitationSettings(TaskSettings):
    """A family's task with the distance of a unit to the teacher's added to its loss.

    Attributes:
        inner: targets and loss of the family.
        weight: of the distance, which is relative to the size of the teacher's output.
    """

    inner: TaskSettings
    weight: float

    def build(self, network: Network, *, recipe: Recipe, teacher: Network | None = None) -> Task:
        """Return the family's task, which also imitates ``teacher``.

        Raises:
            InputError: there is no teacher.
        """
        if teacher is None:
            raise InputError("feature_weight needs the teacher beside the student: give --teacher")
        task = self.inner.build(network, recipe=recipe)
        imitate_unit(task, teacher, weight=self.weight)
        return task


def imitate_unit(task: Task, teacher: Network, *, weight: float) -> None:
    """Add to the losses of a task, in place, how far the unit in hand is from the teacher's.

    ``unit`` is the distance, ``total`` gets ``weight`` times it. The distance is the mean square of
    the difference over that of the teacher's output, mean over templates and search regions.
    """
    backbone = step_backbone(task.network)
    student_part, teacher_part = compared_parts(backbone)
    task.hold_teacher(teacher)
    seen: list[Tensor] = []
    backbone.get_submodule(student_part).register_forward_hook(
        lambda _module, _inputs, output: seen.append(output.clone())
    )

    def before(_: nn.Module, _inputs: tuple[PairBatch, ...]) -> None:
        seen.clear()

    def after(_: nn.Module, inputs: tuple[PairBatch, ...], losses: Losses) -> Losses:
        batch = inputs[0]
        wanted = _outputs_of_teacher(teacher.to(batch.search.device), teacher_part, batch)
        found = list(seen)
        seen.clear()
        if not student_part:
            found, wanted = [_correlated(found)], [_correlated(wanted)]
        distances = [unit_distance(*pair) for pair in zip(found, wanted, strict=True)]
        unit = torch.stack(distances).mean()
        return {**losses, "unit": unit, "total": losses["total"] + weight * unit}

    task.register_forward_pre_hook(before)
    task.register_forward_hook(after)


def compared_parts(backbone: StepBackbone) -> tuple[str, str]:
    """Return which parts of the student's and of the teacher's backbone are compared.

    "" is the whole backbone, at the last step.
    """
    layer = (backbone.step + 1) // 2
    if backbone.step == 2 * backbone.num_layers - 1 or backbone.step == 0:
        return "", ""
    if backbone.step % 2:
        return f"con{layer}_combine", backbone.units[layer - 1].convolution
    return f"conv{layer + 1}", backbone.units[layer].convolution


def unit_distance(found: Tensor, wanted: Tensor) -> Tensor:
    """Mean square of a difference over the mean square of what is wanted -> scalar."""
    found, wanted = found.float(), wanted.float()
    return (found - wanted).square().mean() / wanted.square().mean().clamp(min=1e-12)


def _correlated(outputs: list[Tensor]) -> Tensor:
    template, search = outputs
    return xcorr(search, template)


def _outputs_of_teacher(teacher: Network, part: str, batch: PairBatch) -> list[Tensor]:
    backbone = teacher.get_submodule("backbone")
    teacher.eval()
    with torch.no_grad(), recorded(backbone.get_submodule(part)) as outputs:
        backbone(batch.template)
        backbone(batch.search)
    return outputs


@contextlib.contextmanager
def recorded(module: nn.Module) -> Iterator[list[Tensor]]:
    """Yield a list that gets the outputs of a module, call by call.

    An output is kept as it was: a batch norm or ReLU in place behind it changes a copy.
    """
    outputs: list[Tensor] = []
    handle = module.register_forward_hook(
        lambda _module, _inputs, output: outputs.append(output.clone())
    )
    try:
        yield outputs
    finally:
        handle.remove()
