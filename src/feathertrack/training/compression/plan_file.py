"""``plan.json``: the stages of a compression and how far each has come; read again to go on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from feathertrack.errors import InputError
from feathertrack.evaluation.result_files import write_whole
from feathertrack.training.compression.settings import Compression
from feathertrack.training.compression.stages import Stage
from feathertrack.training.recipe_json import differences

FILE_NAME = "plan.json"
FORMAT_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class StageState:
    """How far a stage has come.

    Attributes:
        name: ``step03-finetune``.
        step: of the squeezing.
        phase: ``train`` or ``finetune``.
        state: ``waiting``, ``running`` or ``done``.
        epochs: of the stage.
        pairs: seen in the stage, over all epochs.
        metric: by which its weights were chosen, "" without validation.
        score: of the chosen weights, None without validation.
        best_epoch: of the chosen weights, counted from 1; 0 without validation.
        weights: file of the chosen weights, relative to the plan's folder; "" until it is done.
        seconds: that it took, those of calls that were cut short left out.
    """

    name: str
    step: int
    phase: str
    state: Literal["waiting", "running", "done"] = "waiting"
    epochs: int = 0
    pairs: int = 0
    metric: str = ""
    score: float | None = None
    best_epoch: int = 0
    weights: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The stages of one compression.

    Attributes:
        compression: its settings as values for JSON.
        teacher: SHA-256 (hex) of the teacher's file.
        stages: in their order.
        student: file of the merged student, relative to the plan's folder; "" until it is made.
    """

    compression: Mapping[str, Any]
    teacher: str
    stages: tuple[StageState, ...]
    student: str = ""

    def with_stage(self, number: int, state: StageState) -> Plan:
        """Return the plan with one stage changed."""
        return replace(self, stages=(*self.stages[:number], state, *self.stages[number + 1 :]))

    def save(self, folder: Path) -> None:
        """Write the plan, whole or not at all.

        Raises:
            InputError: it cannot be written.
        """
        values = {"format_version": FORMAT_VERSION, **dataclasses.asdict(self)}
        write_whole(folder / FILE_NAME, json.dumps(values, indent=1) + "\n")


def settings_to_json(compression: Compression) -> dict[str, Any]:
    """Return the settings as values for JSON; the task says its class under ``kind``."""
    values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(compression)))
    kind = type(compression.task)
    values["task"] = {"kind": f"{kind.__module__}:{kind.__qualname__}", **values["task"]}
    return values


def open_plan(
    folder: Path, compression: Compression, stages: Sequence[Stage], *, teacher: str
) -> Plan:
    """Return the plan that a folder holds, or a new one.

    Args:
        folder: where the compression writes.
        compression: its settings.
        stages: those of the settings.
        teacher: digest of the teacher's file.

    Raises:
        InputError: the folder holds another compression, or a file that is no plan.
    """
    path = folder / FILE_NAME
    settings = settings_to_json(compression)
    if not path.is_file():
        states = tuple(
            StageState(name=stage.name, step=stage.step, phase=stage.phase) for stage in stages
        )
        return Plan(compression=settings, teacher=teacher, stages=states)
    plan = read_plan(path)
    changed = differences(plan.compression, settings)
    if changed:
        raise InputError(
            f"{folder} holds another compression ({'; '.join(changed[:3])}): use the same words, "
            "or another --output"
        )
    if plan.teacher != teacher:
        raise InputError(
            f"{folder} holds the compression of another teacher ({plan.teacher[:12]}, not "
            f"{teacher[:12]}): use the same --teacher, or another --output"
        )
    return replace(plan, compression=settings)


def read_plan(path: Path) -> Plan:
    """Return what a plan file holds.

    Raises:
        InputError: it cannot be read, or is none, or of another version.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        version = values.pop("format_version")
        if version != FORMAT_VERSION:
            raise InputError(f"{path} is a plan of version {version}, expected {FORMAT_VERSION}")
        stages = tuple(StageState(**stage) for stage in values.pop("stages"))
        return Plan(stages=stages, **values)
    except InputError:
        raise
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{path} is no plan of a compression ({error}): remove it, or use another --output"
        ) from error
