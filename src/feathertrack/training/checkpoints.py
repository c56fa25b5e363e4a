"""Checkpoints: everything a training needs to go on, in one file that appears whole or not at all.

A file holds plain values and tensors only, and is read with ``weights_only``. In a run folder they
are called ``checkpoints/step-00001234.ckpt``, by the steps of the optimiser, and ``best.ckpt``.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from feathertrack.errors import InputError
from feathertrack.evaluation.result_files import write_whole
from feathertrack.training.recipe import Recipe
from feathertrack.training.recipe_json import differences, recipe_to_json
from feathertrack.video.outfiles import replacing, writing

FORMAT = "feathertrack training"
VERSION = 1
_PATTERN = "step-*.ckpt"
_SHOWN = 3


class CheckpointDamaged(InputError):
    """A checkpoint that was not written whole, or changed since."""


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a training stands.

    Attributes:
        epoch: that is under way, counted from 0.
        step: steps of the optimiser that were made in it.
        total_steps: steps in all.
        pairs: pairs of this epoch that all processes have trained on.
    """

    epoch: int = 0
    step: int = 0
    total_steps: int = 0
    pairs: int = 0


@dataclass(frozen=True, kw_only=True)
class Best:
    """The best validation so far; ``epoch`` counts from 1, ``judged_by`` tells rules and data."""

    metric: str = ""
    value: float = 0.0
    epoch: int = 0
    judged_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a file holds.

    Attributes:
        recipe: as JSON values.
        git_revision: of the package's source, "" where it is not known.
        position: where the training stands.
        world_size: processes that trained.
        states: state dicts of ``task``, ``optimizer`` and, where used, ``scaler`` and ``ema``.
        random: states of the random generators, one for each process.
        best: the best validation, None before the first.
        validated: epochs after which a validation was made or not due.
        skipped: steps that were left out.
        data: what the training sets are known by; empty in older files.
        teacher: digest of the network that is imitated; "" without one, and in older files.
    """

    recipe: Mapping[str, Any]
    git_revision: str
    position: Position
    world_size: int
    states: Mapping[str, Any]
    random: Sequence[Mapping[str, Any]] = field(default_factory=list)
    best: Best | None = None
    validated: int = 0
    skipped: int = 0
    data: Sequence[str] = ()
    teacher: str = ""


def save_checkpoint(checkpoint: Checkpoint, folder: Path, *, keep: int) -> Path:
    """Write a checkpoint, then remove all but the last ``keep`` ones.

    Returns:
        The file.

    Raises:
        InputError: it cannot be written, as on a full disk; those before it are still there.
    """
    path = folder / f"step-{checkpoint.position.total_steps:08d}.ckpt"
    content = {
        "format": FORMAT,
        "version": VERSION,
        "recipe": json.dumps(checkpoint.recipe),
        "git_revision": checkpoint.git_revision,
        "position": asdict(checkpoint.position),
        "world_size": checkpoint.world_size,
        "states": dict(checkpoint.states),
        "random": list(checkpoint.random),
        "best": asdict(checkpoint.best) if checkpoint.best else None,
        "validated": checkpoint.validated,
        "skipped": checkpoint.skipped,
        "data": list(checkpoint.data),
        "teacher": checkpoint.teacher,
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_whole(path, buffer.getvalue())
    for old in find_checkpoints(folder)[: -max(1, keep)]:
        old.unlink(missing_ok=True)
    return path


def keep_as_best(path: Path) -> Path:
    """Copy a checkpoint to ``best.ckpt`` beside it.

    Raises:
        InputError: it cannot be written; the best one before it is still there.
    """
    best = path.with_name("best.ckpt")
    with writing(best), replacing(best) as temporary:
        shutil.copyfile(path, temporary)
    return best


def find_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a run folder's ``checkpoints``, oldest first, without the best one."""
    return sorted(folder.glob(_PATTERN))


def newest_whole(folder: Path) -> tuple[Path | None, list[str]]:
    """The newest checkpoint that can be read, None where there are none; and what was passed over.

    Raises:
        CheckpointDamaged: none of those that are there can be read.
    """
    damaged: dict[str, CheckpointDamaged] = {}
    for path in reversed(find_checkpoints(folder)):
        try:
            load_checkpoint(path)
        except CheckpointDamaged as error:
            damaged[path.name] = error
        else:
            return path, [f"{name} is damaged and was passed over" for name in damaged]
    if len(damaged) > 1:
        raise CheckpointDamaged(
            f"none of the checkpoints in {folder} can be read ({', '.join(damaged)}): remove them "
            f"to begin again, or name another --output"
        )
    if damaged:
        raise next(iter(damaged.values()))
    return None, []


def remove_leftovers(folder: Path) -> None:
    """Remove what a process left that was killed while it wrote."""
    for path in folder.glob(".*.ckpt.*.tmp"):
        path.unlink(missing_ok=True)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint, onto the CPU.

    Raises:
        CheckpointDamaged: it cannot be read.
        InputError: it is no checkpoint of a training, or of another version.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(f"there is no checkpoint {path}") from None
    except Exception as error:  # a broken file can raise anything
        raise CheckpointDamaged(
            f"checkpoint {path} is damaged or no checkpoint of a training: remove it to go on from "
            "the one before, if there is one"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"{path} is no checkpoint of a training: a run folder's checkpoints are")
    if content.get("version") != VERSION:
        raise InputError(
            f"checkpoint {path} has format version {content.get('version')!r}, and this "
            f"Feathertrack goes on from version {VERSION}: finish it with the version that wrote it"
            f", or start from its weights with --weights"
        )
    try:
        return Checkpoint(
            recipe=json.loads(content["recipe"]),
            git_revision=content["git_revision"],
            position=Position(**content["position"]),
            world_size=content["world_size"],
            states=content["states"],
            random=content["random"],
            best=Best(**content["best"]) if content["best"] else None,
            validated=content["validated"],
            skipped=content["skipped"],
            data=content.get("data", ()),
            teacher=content.get("teacher", ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointDamaged(f"checkpoint {path} is damaged: {error!r}") from error


def check_recipe(checkpoint: Checkpoint, recipe: Recipe, *, path: Path, teacher: str = "") -> None:
    """Refuse to go on with another recipe than the checkpoint's, or with another teacher.

    Args:
        checkpoint: from which a training is to go on.
        recipe: of that training.
        path: of the checkpoint.
        teacher: digest of the network that is imitated, "" where it is not known; where both are,
            it is compared, and not the place of the file.

    Raises:
        InputError: names the first fields that differ.
    """
    now = recipe_to_json(recipe)
    if checkpoint.teacher and teacher:
        if checkpoint.teacher != teacher:
            raise InputError(
                f"checkpoint {path} was taught by another teacher ({checkpoint.teacher[:12]}, not "
                f"{teacher[:12]}, by weights and options): give the same --teacher, or another "
                "--output"
            )
        now["teacher"] = checkpoint.recipe.get("teacher")
    found = differences(checkpoint.recipe, now)
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise InputError(
            f"checkpoint {path} is of another recipe ({'; '.join(found[:_SHOWN])}{more}): "
            "give the same options, or another --output"
        )


def check_data(checkpoint: Checkpoint, data: Sequence[str], *, path: Path) -> None:
    """Refuse to go on with other data than the checkpoint's.

    Raises:
        InputError: names the first set that differs.
    """
    for number, (before, now) in enumerate(zip(checkpoint.data, data, strict=False)):
        if before != now:
            raise InputError(
                f"checkpoint {path} was trained on other data: set {number} had {before}, and has "
                f"{now} now: give the same data, or another --output"
            )
