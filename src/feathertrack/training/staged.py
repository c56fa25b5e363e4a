"""Recipes one after the other: each begins with the weights that the one before it ended with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.models.network import Network
from feathertrack.training.progress import FitResult, Watch
from feathertrack.training.ranges import check_numbers
from feathertrack.training.recipe import Recipe
from feathertrack.training.running import check_task, load_teacher, run_recipe
from feathertrack.weights.loading import load_model

Watching = Callable[[str], AbstractContextManager[Watch | None]]
"""Takes the name of a stage; entered while the stage trains."""


@dataclass(frozen=True, kw_only=True)
class StagedRecipe:
    """Recipes of one network, to be trained in their order.

    Attributes:
        name: of the whole.
        source: what it stands for: paper, table and row, or "ours".
        stages: each with a name of its own, and the model of the first.
    """

    name: str
    source: str
    stages: tuple[Recipe, ...]


def run_staged(
    staged: StagedRecipe,
    *,
    data_root: str | Path | None = None,
    output: str | Path,
    devices: str = "auto",
    watch: Watching | None = None,
    teacher: Network | None = None,
) -> list[FitResult]:
    """Train all stages, from where ``output`` stands to the end or to a signal.

    Each stage has a run folder of its name in ``output``; one that is complete is left as it is.

    Args:
        staged: the stages.
        data_root: folder that holds one folder for each training set and benchmark.
        output: folder of the run folders.
        devices: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; ``torchrun`` makes it many.
        watch: entered for every stage, by its name; what it gives is told about every step.
        teacher: what is imitated; loaded by the recipes' names where there is none.

    Returns:
        What every stage came to; the last one was stopped where its ``stopped_by`` says so.

    Raises:
        InputError: data, weights or a number of a recipe cannot be used.
        FeathertrackError: a training has diverged.
    """
    check_numbers(staged)
    for stage in staged.stages[1:]:  # the first one says so itself, at once
        _check_stage(stage, teacher)
    results: list[FitResult] = []
    network: Network | None = None
    for stage in staged.stages:
        with (watch or (lambda _: nullcontext()))(stage.name) as watcher:
            result = run_recipe(
                stage,
                data_root=data_root,
                output=Path(output) / stage.name,
                devices=devices,
                resume=True,
                watch=watcher,
                network=network,
                teacher=teacher,
            )
        results.append(result)
        if result.stopped_by:
            break
        if result.weights is None:
            raise InputError(f"{stage.name} has left no weights in {result.output}")
        network = load_model(result.weights)
    return results


def _check_stage(stage: Recipe, teacher: Network | None) -> None:
    """Refuse a stage that could not begin, before those in front of it are trained."""
    if stage.task.needs_teacher is None:
        return
    if teacher is None and stage.teacher:
        teacher = load_teacher(stage.teacher)
    student = create_model(stage.model, **stage.model_options)
    check_task(stage, network=student, teacher=teacher)
