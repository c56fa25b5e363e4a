"""A full training configuration: one object, from the command line to the checkpoint.

Every group of options is a frozen dataclass; ``--optim.lr 1e-3`` changes one field. What belongs to
a family stands in its ``TaskSettings``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from feathertrack.data.settings import DataSettings as DataSettings
from feathertrack.data.settings import SetSettings as SetSettings
from feathertrack.data.settings import ViewSettings as ViewSettings

if TYPE_CHECKING:
    from feathertrack.models.network import Network
    from feathertrack.training.task import Task


@dataclass(frozen=True, kw_only=True)
class OptimSettings:
    """The optimiser.

    Attributes:
        kind: which one.
        lr: learning rate of groups with factor 1, before the schedule.
        momentum: of SGD.
        betas: of Adam and AdamW.
        weight_decay: on every parameter, norms and biases included, unless ``decay_norms`` is off.
        decay_norms: whether batch norms and biases decay too, as the published codes do.
        factors: prefix of parameter names -> factor on the learning rate; the longest prefix
            counts; factor 0 leaves parameters out.
        clip: largest norm of the gradient, 0 for none.
        reduce: gradients of several processes are averaged, or summed as pysot does.
    """

    kind: Literal["sgd", "adam", "adamw"] = "sgd"
    lr: float = 1e-2
    momentum: float = 0.9
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 5e-4
    decay_norms: bool = True
    factors: Mapping[str, float] = field(default_factory=dict)
    clip: float = 0.0
    reduce: Literal["mean", "sum"] = "mean"


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """The learning rate by epoch, as a factor on each group's rate; constant within an epoch.

    Attributes:
        kind: how the rate falls after the warm-up.
        end: last value as a factor of the first one after the warm-up.
        step_epochs: epochs between two steps of ``step``.
        milestones: epochs of the steps of ``multistep``.
        gamma: factor of each step; for ``exponential`` 0 derives it from ``end`` and the epochs.
        warmup_epochs: epochs of warm-up at the start, part of the whole.
        warmup_start: factor in the first epoch of the warm-up.
        warmup: how the factor changes in the warm-up, towards 1 (``step``: geometric, 1 is not
            reached; ``linear``).
    """

    kind: Literal["constant", "exponential", "log", "cosine", "step", "multistep", "linear"] = (
        "exponential"
    )
    end: float = 1e-3
    step_epochs: int = 15
    milestones: tuple[int, ...] = ()
    gamma: float = 0.0
    warmup_epochs: int = 0
    warmup_start: float = 0.2
    warmup: Literal["step", "linear"] = "step"


@dataclass(frozen=True, kw_only=True)
class FreezeSettings:
    """Parts of the network that do not train, at first or ever.

    Attributes:
        frozen: prefixes of module names -> number of epochs they stay frozen, -1 for ever.
        norms: ``freeze`` keeps the batch norms of frozen parts in evaluation mode; ``train`` lets
            their statistics move, as the code of FDSiamFC does.
        fresh_optimizer: drop the optimiser's moments when something thaws, as pysot does.
    """

    frozen: Mapping[str, int] = field(default_factory=dict)
    norms: Literal["freeze", "train"] = "freeze"
    fresh_optimizer: bool = False


@dataclass(frozen=True, kw_only=True)
class LoopSettings:
    """The course of the training.

    Attributes:
        epochs: epochs in all.
        batch_size: pairs per process and forward pass.
        accumulate: forward passes per step of the optimiser.
        precision: of the forward pass; weights stay float32.
        loss_scale: of float16: 0 adapts, another value stays fixed.
        ema: decay of the averaged weights, 0 for none.
        seed: of everything that is drawn.
        deterministic: refuse operations whose result may differ between two runs.
        skip_above: a step whose loss is larger is left out, as one that is not finite.
        keep: checkpoints kept besides the best one.
        save_minutes: a checkpoint is written after so many minutes, besides the one per epoch.
        log_every: steps between two lines of the log.
        pictures_every: steps between two pictures of pairs, 0 for none.
    """

    epochs: int = 50
    batch_size: int = 8
    accumulate: int = 1
    precision: Literal["float32", "float16", "bfloat16"] = "float32"
    loss_scale: float = 0.0
    ema: float = 0.0
    seed: int = 0
    deterministic: bool = False
    skip_above: float = 1e4
    keep: int = 3
    save_minutes: float = 10.0
    log_every: int = 20
    pictures_every: int = 0


@dataclass(frozen=True, kw_only=True)
class ValidationSettings:
    """Tracking of a benchmark's sequences during the training.

    Attributes:
        benchmark: name of a benchmark, "" for no validation.
        root: its folder; "" is the folder of its name under ``--data``.
        sequences: names of the sequences that are tracked; () takes all.
        protocol: the rules of the score; "" is the benchmark's default.
        preset: name of the tracker's settings, ``otb100``; "" takes those of the model.
        metric: name of the headline number by which the best checkpoint is chosen.
        from_epoch: first epoch after which it runs, counted from 1.
        every: epochs between two validations.
    """

    benchmark: str = ""
    root: str = ""
    sequences: tuple[str, ...] = ()
    protocol: str = ""
    preset: str = ""
    metric: str = "auc"
    from_epoch: int = 1
    every: int = 1


@dataclass(frozen=True, kw_only=True)
class TaskSettings:
    """What a family adds: its loss weights and targets. Each family has a subclass."""

    def build(self, network: Network, *, recipe: Recipe, teacher: Network | None = None) -> Task:
        """Return the task that trains ``network``."""
        raise NotImplementedError

    @property
    def needs_teacher(self) -> bool | None:
        """Whether it imitates a teacher; None where only the task that is built knows."""
        return None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that a training needs to know.

    Attributes:
        name: the recipe's name, ``siamfc_got10k``.
        source: what it stands for: paper, table and row, or "ours".
        model: name of the network.
        model_options: options of its builder.
        weights: file of weights to start from, "" for random ones.
        teacher: name or file of the network that is imitated, "" for none.
        task: targets and losses of the family.
        data: which pairs.
        optim: the optimiser.
        schedule: the learning rate by epoch.
        freeze: what does not train, and until when.
        loop: the course of the training.
        validation: tracking during the training.
    """

    name: str
    source: str
    model: str
    model_options: Mapping[str, object] = field(default_factory=dict)
    weights: str = ""
    teacher: str = ""
    task: TaskSettings
    data: DataSettings
    optim: OptimSettings = OptimSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    freeze: FreezeSettings = FreezeSettings()
    loop: LoopSettings = LoopSettings()
    validation: ValidationSettings = ValidationSettings()
