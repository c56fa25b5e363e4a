"""From a recipe to a trained network: opens the data, builds network and task, and trains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from feathertrack.data.identity import identities
from feathertrack.data.loading import PairLoader
from feathertrack.data.settings import SetSettings
from feathertrack.data.sources import Source, open_source
from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.models.network import Network
from feathertrack.training.footprint import check_views
from feathertrack.training.launch import launch
from feathertrack.training.loop import fit
from feathertrack.training.progress import FitResult, Watch
from feathertrack.training.randomness import seed_generators
from feathertrack.training.ranges import check_numbers
from feathertrack.training.recipe import Recipe
from feathertrack.training.task import Task
from feathertrack.training.teacher_cache.keys import network_digest
from feathertrack.training.validation import Validator
from feathertrack.weights.loading import load_model


def run_recipe(
    recipe: Recipe,
    *,
    data_root: str | Path | None = None,
    output: str | Path,
    devices: str = "auto",
    resume: bool | Path = False,
    watch: Watch | None = None,
    network: Network | None = None,
    teacher: Network | None = None,
) -> FitResult:
    """Train as a recipe says.

    Args:
        recipe: the full configuration.
        data_root: folder that holds one folder for each training set and benchmark.
        output: the run folder.
        devices: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; ``torchrun`` makes it many.
        resume: go on from the last checkpoint in ``output``, or from a file.
        watch: told about every step.
        network: what is trained; built by the recipe's name where there is none.
        teacher: what is imitated; loaded by the recipe's name where there is none.

    Raises:
        InputError: data, weights or a number of the recipe cannot be used.
        FeathertrackError: the training has diverged.
    """
    check_numbers(recipe)
    root = None if data_root is None else Path(data_root)
    fabric = launch(recipe.loop, devices=devices)
    sources = [_opened(one, root) for one in recipe.data.sets]
    validator = _validator(recipe, root, checks=fabric.is_global_zero)
    loader = PairLoader(
        sources,
        recipe.data,
        recipe.loop,
        seed=recipe.loop.seed,
        rank=fabric.global_rank,
        world=fabric.world_size,
        device=fabric.device,
    )
    seed_generators(recipe.loop.seed)  # so that every process begins with the same weights
    network = network or build_network(recipe)
    teacher = teacher or (load_teacher(recipe.teacher) if recipe.teacher else None)
    known_as = "" if teacher is None else network_digest(teacher)
    check_views(recipe, network)
    task = recipe.task.build(network, recipe=recipe, teacher=teacher)
    check_teacher(recipe, task)
    try:
        result = fit(
            recipe,
            task,
            loader,
            output=output,
            resume=resume,
            fabric=fabric,
            data=identities(sources),
            teacher=known_as,
            validator=validator,
            watch=watch,
        )
    finally:
        loader.close()
        task.close()
    return replace(result, notes=(*result.notes, *_unreadable(loader), *task.notes()))


def check_task(recipe: Recipe, *, network: Network, teacher: Network | None) -> None:
    """Refuse a task that cannot be built, where a dry run can know; nothing is trained or written.

    Args:
        recipe: whose task says whether it needs a teacher; others are passed over.
        network: of its model, with any weights.
        teacher: what would be imitated, or a network of the same kind in its place.

    Raises:
        InputError: the teacher, or a field of the task, does not fit.
    """
    if recipe.task.needs_teacher is not None:
        check_teacher(recipe, recipe.task.build(network, recipe=recipe, teacher=teacher))


def check_teacher(recipe: Recipe, task: Task) -> None:
    """Refuse a teacher that nobody listens to.

    Raises:
        InputError: the task of the recipe imitates none.
    """
    if recipe.teacher and task.teacher is None:
        raise InputError(
            f"recipe {recipe.name} imitates no teacher: leave --teacher out, or see the students "
            "of 'feathertrack distill'"
        )


def _validator(recipe: Recipe, root: Path | None, *, checks: bool) -> Validator | None:
    """What judges between epochs, None where the recipe names no benchmark."""
    if not recipe.validation.benchmark:
        return None
    validator = Validator(recipe.validation, data_root=root)
    if checks:
        validator.check()
    return validator


def _opened(settings: SetSettings, root: Path | None) -> Source:
    try:
        return open_source(settings, root)
    except InputError as error:
        if root is not None or not settings.root or Path(settings.root).expanduser().is_absolute():
            raise
        raise InputError(
            f"{error} (it is looked for in the folder of --data, once given)"
        ) from error


def _unreadable(loader: PairLoader) -> list[str]:
    if not loader.replaced:
        return []
    return [
        f"{loader.replaced} pairs could not be read and others took their place, such as: "
        f"{loader.examples[0]}"
    ]


def build_network(recipe: Recipe) -> Network:
    """The network that a recipe trains: random, or from its file of weights.

    Raises:
        InputError: there is no such model, or the file does not hold it.
    """
    if recipe.weights and not Path(recipe.weights).is_file():
        raise InputError(
            f"recipe {recipe.name} starts from the weights {recipe.weights}, which are not here: "
            "name their file with --weights, or give --weights '' to start from random ones"
        )
    if recipe.weights:
        return load_model(recipe.weights, name=recipe.model, options=recipe.model_options)
    return create_model(recipe.model, **recipe.model_options)


def load_teacher(name: str) -> Network:
    """A teacher by file, or by the name of a model whose weights are here.

    Raises:
        InputError: there are no such weights.
    """
    from feathertrack.weights.catalogue import find_weights

    path = Path(name)
    if path.is_file():
        return load_model(path)
    if path.suffix or len(path.parts) > 1:
        raise InputError(f"there is no file {name} to take the teacher from: see --teacher")
    try:
        path = find_weights(name)
    except InputError as error:
        raise InputError(
            f"--teacher {name} is no file and no model whose weights are here: {error}"
        ) from error
    return load_model(path)
