"""What ``distill`` prints: before, its stages and their cost; after, what came of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from feathertrack.cli._terminal import megabytes, print_table, quantity
from feathertrack.cli._training_plan import print_fields, print_sizes

if TYPE_CHECKING:
    from feathertrack.training.compression.running import CompressionResult
    from feathertrack.training.compression.settings import Compression


def print_compression(
    compression: Compression, *, data: Path | None, given_teacher: str | None = None
) -> None:
    """Print every field, the stages, data and memory; nothing is trained.

    Args:
        compression: what would be done.
        data: folder of the training data.
        given_teacher: name or file of the teacher, which must fit then.

    Raises:
        InputError: the student cannot be built, or the teacher cannot be squeezed.
    """
    from feathertrack.models.squeezing import step_backbone
    from feathertrack.training.compression.inheritance import begun_modules
    from feathertrack.training.compression.running import check_statistics, open_teacher
    from feathertrack.training.compression.stages import (
        build_student,
        phase_of,
        plan_stages,
        stage_recipe,
    )
    from feathertrack.training.footprint import estimate_footprint

    if given_teacher is not None:
        opened = open_teacher(compression, given_teacher)
        check_statistics(compression, opened, name=given_teacher)
    stages = plan_stages(compression)
    print_fields(compression)
    print()
    rows, largest = [], 0
    loop = compression.loop
    steps = compression.data.pairs_per_epoch // (loop.batch_size * loop.accumulate)
    total = 0
    for stage in stages:
        network = build_student(compression, step=stage.step)
        phase = phase_of(compression, stage.phase)
        total += steps * phase.epochs
        what = "everything"
        if stage.phase == "train":
            what = " ".join(begun_modules(step_backbone(network)))
        rows.append((stage.name, what, str(phase.epochs), f"{phase.lr:g}"))
        if stage.number in (1, len(stages) - 1):
            plain = stage_recipe(_without_imitation(compression), stage, network)
            largest = max(largest, estimate_footprint(plain, network).total)
    print_table(("stage", "trains", "epochs", "rate"), rows, right={2, 3})
    print()
    print_sizes(compression.data, data=data)
    pairs = total * loop.batch_size * loop.accumulate
    print(f"steps     {steps:,} an epoch with one process, {total:,} in all, {pairs:,} pairs")
    _print_networks(compression, last_step=stages[-1].step)
    if given_teacher is None:
        print("teacher   none is given yet: name a trained one by --teacher NAME|FILE")
    print(
        f"memory    about {megabytes(largest)} a process; the framework and the data workers on top"
    )


def _print_networks(compression: Compression, *, last_step: int) -> None:
    """Print what teacher and merged student cost."""
    from feathertrack.models import create_model
    from feathertrack.models.cost import count_macs, count_parameters
    from feathertrack.training.compression.stages import build_student

    teacher = create_model(compression.teacher_model, **compression.teacher_options)
    student = build_student(compression, step=last_step).merged()
    for name, network in (("teacher", teacher), ("student", student)):
        macs = count_macs(network)
        print(
            f"{name}   {network.name}: {quantity(count_parameters(network))} parameters, "
            f"{quantity(macs.predict)} multiply-adds for a search region of "
            f"{network.search_size} pixels"
        )


def _without_imitation(compression: Compression) -> Compression:
    from dataclasses import replace

    return replace(compression, feature_weight=0.0)


def print_result(result: CompressionResult) -> None:
    """Print a line for every stage, and where the student is."""
    for note in result.notes:
        print(f"note: {note}", file=sys.stderr)
    rows = [
        (
            state.name,
            str(state.epochs),
            f"{state.pairs:,}",
            f"{state.seconds:.0f}",
            "" if state.score is None else f"{state.score:.4f}",
            str(state.best_epoch) if state.best_epoch else "",
        )
        for state in result.stages
    ]
    print_table(
        ("stage", "epochs", "pairs", "seconds", "score", "of epoch"), rows, right={1, 2, 3, 4, 5}
    )
    print(f"merged    changes the outputs by {result.difference:.1g} of their largest value")
    print(f"student   {result.student}")
