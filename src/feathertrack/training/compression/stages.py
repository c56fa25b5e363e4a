"""The stages of a compression: for every step of the squeezing one that trains, one that tunes.

Source: github.com/conquerhuang/FDSiamFC, training script of its history. For k = 1 ... 2L - 1 the
network of step k takes over what step k - 1 has learnt; what is new trains alone, the best weights
are chosen, everything is fine-tuned from those, and the best are chosen again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch

from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.models.network import Network
from feathertrack.models.squeezing import StepBackbone, step_backbone
from feathertrack.training.compression.imitation import ImitationSettings
from feathertrack.training.compression.inheritance import (
    begun_modules,
    idle_modules,
    inherit,
    teacher_state,
)
from feathertrack.training.compression.settings import Compression, PhaseSettings
from feathertrack.training.ranges import check_numbers
from feathertrack.training.recipe import (
    FreezeSettings,
    Recipe,
    ScheduleSettings,
    ValidationSettings,
)

Phase = Literal["train", "finetune"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One training of a compression.

    Attributes:
        number: counted from 0.
        step: of the squeezing, 1 ... 2L - 1.
        phase: ``train``: what the step begins; ``finetune``: everything.
    """

    number: int
    step: int
    phase: Phase

    @property
    def name(self) -> str:
        """As its folder is called: ``step03-finetune``."""
        return f"step{self.step:02}-{self.phase}"


def plan_stages(compression: Compression) -> tuple[Stage, ...]:
    """Return the stages in their order; units of rate 1 and phases without epochs have none.

    Raises:
        InputError: the student cannot be built, a share or weight is out of its range, or nothing
            is left to do.
    """
    check_numbers(compression)
    if not 0 <= compression.choose_from <= 1:
        raise InputError(
            f"choose_from is a share of the epochs from 0 to 1, got {compression.choose_from:g}"
        )
    if not 0 <= compression.feature_weight < math.inf:
        raise InputError(
            f"feature_weight must be at least 0 and finite, got {compression.feature_weight:g}"
        )
    backbone = step_backbone(build_student(compression, step=0))
    phases: list[Phase] = [
        phase for phase in ("train", "finetune") if phase_of(compression, phase).epochs > 0
    ]
    steps = [
        step
        for step in range(1, 2 * backbone.num_layers)
        if backbone.rates[(step + 1) // 2 - 1] < 1
    ]
    pairs = [(step, phase) for step in steps for phase in phases]
    if not pairs:
        raise InputError(
            f"{compression.name} has no stage: every rate is 1, or no phase has epochs"
        )
    return tuple(
        Stage(number=number, step=step, phase=phase) for number, (step, phase) in enumerate(pairs)
    )


def phase_of(compression: Compression, phase: Phase) -> PhaseSettings:
    """Return how a phase is trained."""
    return compression.train if phase == "train" else compression.finetune


def build_student(compression: Compression, *, step: int) -> Network:
    """Return the student at a step, with fresh weights.

    Raises:
        InputError: its model, rates or step cannot be used.
    """
    rates = compression.rates[0] if len(compression.rates) == 1 else list(compression.rates)
    options: dict[str, object] = {"rates": rates, "step": step}
    if compression.model == "squeezed_step":
        options |= {
            "teacher": compression.teacher_model,
            "options": dict(compression.teacher_options),
        }
    else:
        options |= compression.teacher_options
    return create_model(compression.model, **options)


def begin_stage(compression: Compression, stage: Stage, source: Network) -> Network:
    """Return the network that a stage trains, before its first step.

    Args:
        compression: tells the student.
        stage: which.
        source: the network of the stage before, or the teacher; it is left as it is.

    Raises:
        InputError: ``source`` is not what the stage begins with.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(compression.loop.seed + stage.number)
        network = build_student(compression, step=stage.step)
    is_plain = source.squeezing is None
    state = teacher_state(source) if is_plain else source.state_dict()
    if not is_plain and step_backbone(source).step == stage.step:
        network.load_state_dict(state, strict=True)
    else:
        inherit(network, state)
    return network


def stage_freezing(
    compression: Compression, stage: Stage, backbone: StepBackbone
) -> FreezeSettings:
    """Return what a stage does not train.

    The 1 x 1 convolutions that the step does not call never train: they have no gradient.
    """
    if stage.phase == "train":
        begun = {f"backbone.{name}": 0 for name in begun_modules(backbone)}
        return FreezeSettings(frozen={"": -1, **begun}, norms=compression.norms)
    idle = {f"backbone.{name}": -1 for name in idle_modules(backbone)}
    return FreezeSettings(frozen=idle, norms=compression.norms)


def stage_recipe(compression: Compression, stage: Stage, network: Network) -> Recipe:
    """Return the recipe of a stage, whose network ``begin_stage`` has made."""
    phase = phase_of(compression, stage.phase)
    task = compression.task
    if compression.feature_weight:
        task = ImitationSettings(inner=task, weight=compression.feature_weight)
    return Recipe(
        name=f"{compression.name}/{stage.name}",
        source=compression.source,
        model=network.name,
        model_options=network.config,
        task=task,
        data=compression.data,
        optim=replace(compression.optim, lr=phase.lr),
        schedule=ScheduleSettings(kind="exponential", end=phase.end),
        freeze=stage_freezing(compression, stage, step_backbone(network)),
        loop=replace(
            compression.loop, epochs=phase.epochs, seed=compression.loop.seed + stage.number
        ),
        validation=_validation(compression, phase.epochs),
    )


def _validation(compression: Compression, epochs: int) -> ValidationSettings:
    """Validation from a share of the epochs on, and always after the last one."""
    settings = compression.validation
    first = max(1, min(epochs, math.ceil(compression.choose_from * epochs)))
    return replace(settings, from_epoch=first + (epochs - first) % settings.every)
