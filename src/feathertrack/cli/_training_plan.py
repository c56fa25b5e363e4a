"""What ``--dry-run`` prints: the whole configuration, and what a training of it would take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from feathertrack.cli._overrides import described_fields, option_name
from feathertrack.cli._terminal import megabytes, print_table, quantity
from feathertrack.errors import FeathertrackError

if TYPE_CHECKING:
    from feathertrack.models.network import Network
    from feathertrack.training.recipe import DataSettings, Recipe


def print_plan(recipe: Recipe, *, data: Path | None, given_teacher: bool = False) -> None:
    """Print every field of a recipe, its data, steps and memory; nothing is trained.

    Args:
        recipe: the configuration.
        data: folder of all data.
        given_teacher: somebody named its teacher, who must be here then.

    Raises:
        InputError: the recipe names a network, teacher, schedule or task that cannot be used.
    """
    from feathertrack.training.ranges import check_numbers

    check_numbers(recipe)
    print_fields(recipe)
    print()
    print_sizes(recipe.data, data=data)
    print_cost(recipe, given_teacher=given_teacher)


def print_fields(settings: object) -> None:
    """Print every field of a configuration as it is changed, with its value and what it takes."""
    rows = [
        (f"--{option_name(path)}" if "." in path else path, text or '""', f"({kind})")
        for path, text, kind in described_fields(settings)
    ]
    print_table(("field", "value", "takes"), rows)


def print_sizes(settings: DataSettings, *, data: Path | None) -> None:
    """Print how much data each set has, where it is there."""
    from feathertrack.data.sources import open_source

    for number, one in enumerate(settings.sets):
        name = f"data      {one.reader}" + (f" {one.root}" if one.root else "")
        if data is None and not Path(one.root).is_absolute():
            print(f"{name}: no --data, so its size is not known")
            continue
        try:
            source = open_source(one, data)
        except FeathertrackError as error:
            print(f"{name}: not there: {' '.join(str(error).split())} (set {number})")
            continue
        videos, tracks = source.num_videos, source.num_tracks
        frames = sum(len(source.frames(track)) for track in range(tracks))
        print(f"{name}: {videos:,} videos, {tracks:,} tracks, {frames:,} boxes")


def print_cost(recipe: Recipe, *, given_teacher: bool = False) -> None:
    """Print steps, learning rates, operations, memory and the teacher.

    Raises:
        InputError: the network, the teacher, the schedule or the task cannot be built.
    """
    from feathertrack.models import create_model
    from feathertrack.models.cost import count_macs, count_parameters
    from feathertrack.training.footprint import estimate_footprint
    from feathertrack.training.running import check_task
    from feathertrack.training.schedules import schedule_factors

    loop, optim = recipe.loop, recipe.optim
    network = create_model(recipe.model, **recipe.model_options)
    steps = recipe.data.pairs_per_epoch // (loop.batch_size * loop.accumulate)
    pairs = steps * loop.batch_size * loop.accumulate
    rates = [optim.lr * factor for factor in schedule_factors(recipe.schedule, epochs=loop.epochs)]
    macs, parameters = count_macs(network), count_parameters(network)
    memory = estimate_footprint(recipe, network)
    print(
        f"steps     {steps:,} an epoch with one process, {steps * loop.epochs:,} in all, "
        f"{pairs * loop.epochs:,} pairs"
    )
    print(f"rate      {rates[0]:.3g} at first, {max(rates):.3g} at most, {rates[-1]:.3g} at last")
    print(
        f"network   {recipe.model}: {quantity(parameters)} parameters, "
        f"{quantity(macs.embed)} and {quantity(macs.predict)} multiply-adds for a template of "
        f"{network.template_size} and a search region of {network.search_size} pixels"
    )
    print(
        f"memory    about {megabytes(memory.total)} a process: "
        f"weights {megabytes(memory.weights)}, gradients {megabytes(memory.gradients)}, "
        f"optimizer {megabytes(memory.optimizer)}, "
        f"activations {megabytes(memory.activations)}; the framework and the "
        f"{recipe.data.workers} data workers come on top"
    )
    teacher = teacher_of(recipe, network, given=given_teacher)
    if recipe.task.needs_teacher is not None:
        check_task(recipe, network=network, teacher=teacher)
        print_cache(recipe, network, teacher)


def teacher_of(recipe: Recipe, student: Network, *, given: bool) -> Network | None:
    """Say who teaches; return the teacher, or a network of the same maps where none is here.

    Raises:
        InputError: one was given that cannot be loaded.
    """
    from feathertrack.models import create_model
    from feathertrack.training.running import load_teacher

    needed = recipe.task.needs_teacher
    if needed is None and not given:
        return None
    if not recipe.teacher:
        if not needed:
            return None
        print("teacher   none, and this training needs one: name it by --teacher NAME|FILE")
        return student
    try:
        teacher = load_teacher(recipe.teacher)
    except FeathertrackError:
        if given or Path(recipe.teacher).suffix:
            raise
        print(
            f"teacher   {recipe.teacher}, whose weights are not here: this training needs them, "
            "name a file by --teacher FILE"
        )
        return create_model(recipe.teacher)
    print(f"teacher   {teacher.name} from {recipe.teacher}")
    return teacher


def print_cache(recipe: Recipe, network: Network, teacher: Network | None) -> None:
    """Print what the cache of the teacher's outputs would take, where one is asked for."""
    from feathertrack.training.teacher_cache.estimate import cache_settings, estimate_cache

    settings = cache_settings(recipe)
    if settings is None or teacher is None:
        return
    if not recipe.teacher:
        print("cache     no --teacher, so its size is not known")
        return
    size = estimate_cache(recipe, settings, student=network, teacher=teacher)
    total, free = (f"{count / 1e9:,.1f} GB" for count in (size.total, size.free))
    print(
        f"cache     {settings.folder}: about {total} for {size.pairs:,} pairs of "
        f"{quantity(size.per_pair)}B in {settings.precision}; {free} are free"
    )
