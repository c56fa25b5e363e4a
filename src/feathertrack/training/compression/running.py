"""From a teacher to a merged student through all stages; killed anywhere, it goes on where it was.

The folder holds ``plan.json``, ``stages/<name>/`` with the run folder of each stage, and at the end
``student.safetensors``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.models.network import Network
from feathertrack.training.compression.plan_file import Plan, StageState, open_plan
from feathertrack.training.compression.settings import Compression
from feathertrack.training.compression.stages import (
    Stage,
    begin_stage,
    plan_stages,
    stage_recipe,
)
from feathertrack.training.progress import FitResult, Watch
from feathertrack.training.running import load_teacher, run_recipe
from feathertrack.weights.loading import load_model
from feathertrack.weights.saving import save_model

STUDENT_FILE = "student.safetensors"

Watching = Callable[[str], AbstractContextManager[Watch | None]]
"""Takes the name of a stage; entered while the stage trains."""


@dataclass(frozen=True, kw_only=True)
class CompressionResult:
    """What a compression came to.

    Attributes:
        output: its folder.
        student: file of the merged student; None where it was stopped before the end.
        stages: how far each stage has come.
        difference: largest difference that merging makes to the outputs, relative to their size.
        stopped_by: number of the signal that ended it early, 0 for none.
        notes: what a reader must know, a sentence each.
    """

    output: Path
    student: Path | None
    stages: tuple[StageState, ...]
    difference: float = 0.0
    stopped_by: int = 0
    notes: tuple[str, ...] = ()


def run_compression(
    compression: Compression,
    *,
    teacher: str,
    output: str | Path,
    data_root: str | Path | None = None,
    devices: str = "auto",
    watch: Watching | None = None,
    stage_done: Callable[[StageState], None] | None = None,
) -> CompressionResult:
    """Squeeze a teacher as the settings say, from where ``output`` stands to the merged student.

    Args:
        compression: the settings.
        teacher: a file of weights, or the name of a model whose weights are here.
        output: folder of the plan and of the stages.
        data_root: folder that holds one folder for each training set and benchmark.
        devices: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; ``torchrun`` makes it many.
        watch: entered for every stage, by its name; what it gives is told about every step.
        stage_done: told about every stage that has ended.

    Raises:
        InputError: the teacher is another network or untrained, or ``output`` holds another
            compression.
    """
    course = _Course(
        compression=compression,
        output=Path(output),
        data_root=data_root,
        devices=devices,
        watch=watch or (lambda _: nullcontext()),
    )
    stages = plan_stages(compression)
    network = open_teacher(compression, teacher)
    live = copy.deepcopy(network) if compression.feature_weight else None
    plan = open_plan(course.output, compression, stages, teacher=network.digest)
    check_statistics(compression, network, name=teacher)
    notes: list[str] = []
    for stage in stages:
        state = plan.stages[stage.number]
        if state.state != "done":
            plan = plan.with_stage(stage.number, replace(state, state="running"))
            course.save(plan)
            result = course.train(stage, source=network, teacher=live)
            notes += [f"{stage.name}: {note}" for note in result.notes]
            if result.stopped_by:
                return course.stopped(plan, by=result.stopped_by, notes=notes)
            state = course.finished(stage, result)
            plan = plan.with_stage(stage.number, state)
            course.save(plan)
            if stage_done is not None and _is_first():
                stage_done(state)
        network = load_model(course.output / state.weights)
    student, difference = merge_student(network, course.output / STUDENT_FILE, compression)
    course.save(replace(plan, student=STUDENT_FILE))
    return CompressionResult(
        output=course.output,
        student=student,
        stages=plan.stages,
        difference=difference,
        notes=tuple(notes),
    )


@dataclass(frozen=True, kw_only=True)
class _Course:
    """What all stages of a compression share."""

    compression: Compression
    output: Path
    data_root: str | Path | None
    devices: str
    watch: Watching

    def train(self, stage: Stage, *, source: Network, teacher: Network | None) -> FitResult:
        """Train a stage from its beginning or its last checkpoint."""
        network = begin_stage(self.compression, stage, source)
        recipe = stage_recipe(self.compression, stage, network)
        with self.watch(stage.name) as watch:
            return run_recipe(
                recipe,
                data_root=self.data_root,
                output=self.output / "stages" / stage.name,
                devices=self.devices,
                resume=True,
                watch=watch,
                network=network,
                teacher=teacher,
            )

    def finished(self, stage: Stage, result: FitResult) -> StageState:
        """Return the state of a stage that has been trained to its end."""
        if result.weights is None:
            raise InputError(f"{stage.name} has left no weights in {result.output}")
        loop = self.compression.loop
        return StageState(
            name=stage.name,
            step=stage.step,
            phase=stage.phase,
            state="done",
            epochs=result.epochs,
            pairs=result.steps * loop.batch_size * loop.accumulate * _num_processes(),
            metric=result.metric,
            score=result.best,
            best_epoch=result.best_epoch,
            weights=result.weights.relative_to(self.output).as_posix(),
            seconds=round(result.seconds, 3),
        )

    def stopped(self, plan: Plan, *, by: int, notes: Sequence[str]) -> CompressionResult:
        """Return what there is of a compression that a signal ended."""
        return CompressionResult(
            output=self.output,
            student=None,
            stages=plan.stages,
            stopped_by=by,
            notes=tuple(notes),
        )

    def save(self, plan: Plan) -> None:
        """Write the plan, on one process alone."""
        if _is_first():
            plan.save(self.output)


def open_teacher(compression: Compression, name: str) -> Network:
    """Return the teacher that a compression begins with.

    Raises:
        InputError: there are no such weights, or they are those of another network.
    """
    network = load_teacher(name)
    wanted = create_model(compression.teacher_model, **compression.teacher_options)
    shapes = {key: value.shape for key, value in wanted.state_dict().items()}
    if {key: value.shape for key, value in network.state_dict().items()} != shapes:
        raise InputError(
            f"{compression.name} squeezes a {compression.teacher_model}, but the teacher {name} is "
            f"a {network.name}"
        )
    return network


def check_statistics(compression: Compression, network: Network, *, name: str) -> None:
    """Refuse frozen batch norms that have seen no picture: their outputs are not normalised.

    The scores of an untrained SiamFC are 300 times larger so, and the first stage diverges.

    Raises:
        InputError: the network has such norms, and the compression keeps them.
    """
    norms = [one for one in network.modules() if isinstance(one, torch.nn.BatchNorm2d)]
    fresh = [
        one
        for one in norms
        if one.running_mean is not None
        and one.running_var is not None
        and not bool(one.running_mean.any())
        and bool((one.running_var == 1).all())
    ]
    if fresh and compression.norms == "freeze":
        raise InputError(
            f"the teacher {name} was never trained: its batch norms hold no statistics, and "
            "--norms freeze would keep them so; train it first, or say --norms train"
        )


def merge_student(network: Network, path: Path, compression: Compression) -> tuple[Path, float]:
    """Write the merged student of the last stage, and return how far its outputs are from before.

    Args:
        network: at the last step.
        path: where to.
        compression: told in the file.
    """
    network = network.cpu().eval()
    student = network.merged()
    side, larger = network.template_size, network.search_size
    images = torch.Generator().manual_seed(0)
    template = 255 * torch.rand(1, 3, side, side, generator=images)
    search = 255 * torch.rand(1, 3, larger, larger, generator=images)
    with torch.no_grad():
        before, after = network(template, search), student(template, search)
    difference = float((before - after).abs().max() / before.abs().max().clamp(min=1e-12))
    words = {"recipe": compression.name, "source": compression.source}
    if _is_first():
        save_model(student, path, metadata=words)
    return path, difference


def _is_first() -> bool:
    return not _in_a_group() or bool(torch.distributed.get_rank() == 0)


def _num_processes() -> int:
    return int(torch.distributed.get_world_size()) if _in_a_group() else 1


def _in_a_group() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()
