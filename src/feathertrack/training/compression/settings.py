"""Everything that a compression needs to know: which student, and how its stages are trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from feathertrack.training.recipe import (
    DataSettings,
    LoopSettings,
    OptimSettings,
    TaskSettings,
    ValidationSettings,
)


@dataclass(frozen=True, kw_only=True)
class PhaseSettings:
    """How one of the two phases of every step is trained; the rate falls exponentially.

    Attributes:
        epochs: of each stage; 0 leaves the phase out.
        lr: learning rate of the first epoch.
        end: what it would be after the last epoch, as a factor of the first.
    """

    epochs: int = 50
    lr: float = 1e-2
    end: float = 1e-3


@dataclass(frozen=True, kw_only=True)
class Compression:
    """A student, its teacher, and the training of its stages.

    Attributes:
        name: ``fdsiamfc_30``.
        source: what it stands for: paper, table and row, or "ours".
        teacher_model: name of the network that the teacher must be.
        teacher_options: options of its builder.
        model: builder of the student at a step: ``fdsiamfc_step``, ``fdsiamd_step``, or
            ``squeezed_step``, which squeezes any chain of convolutions.
        rates: squeeze rate of every convolution; one for all.
        train: the first phase of a step, which trains what the step begins and freezes the rest.
        finetune: the second phase, which trains everything.
        norms: batch norms of frozen parts keep their statistics (``freeze``), or go on with those
            of the batch and move, as in the reference (``train``).
        feature_weight: weight of a unit's distance to the same unit of the live teacher, relative
            to the size of its output; 0, as in the reference, needs no teacher beside the student.
        choose_from: share of a stage's epochs after which its weights may be chosen (the reference:
            epochs 10 to 50).
        task: targets and loss of the family.
        data: which pairs.
        optim: the optimiser; ``lr`` does not count, a phase has its own.
        loop: the course of a stage; ``epochs`` does not count, a phase has its own.
        validation: how the best weights of a stage are chosen.
    """

    name: str
    source: str
    teacher_model: str
    teacher_options: Mapping[str, object] = field(default_factory=dict)
    model: str
    rates: tuple[float, ...]
    train: PhaseSettings = PhaseSettings()
    finetune: PhaseSettings = PhaseSettings(lr=1e-3, end=1e-2)
    norms: Literal["freeze", "train"] = "freeze"
    feature_weight: float = 0.0
    choose_from: float = 0.2
    task: TaskSettings
    data: DataSettings
    optim: OptimSettings = field(default_factory=OptimSettings)
    loop: LoopSettings = field(default_factory=LoopSettings)
    validation: ValidationSettings = field(default_factory=ValidationSettings)
