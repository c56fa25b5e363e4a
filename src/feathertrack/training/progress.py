"""What a training tells whoever watches it, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a training stands, told after every step and at every change.

    Attributes:
        epoch: counted from 1.
        epochs: in all.
        step: of this epoch, counted from 1.
        steps: of this epoch.
        losses: means over the last lines' window, by name.
        rates: learning rate by group.
        pairs_per_second: over all processes.
        data_wait: share of the time spent waiting for pairs.
        message: a sentence, when there is something to say: a checkpoint, a score, a note.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    losses: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    pairs_per_second: float = 0.0
    data_wait: float = 0.0
    message: str = ""


Watch = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """What a training came to.

    Attributes:
        output: the run folder.
        weights: the file to go on with: the best weights where validation chose some, else the
            last; None for a network that was not made by name.
        checkpoint: the last one.
        epochs: that are finished.
        steps: of the optimiser, those of a resumed run included.
        pairs: that were trained on in this call, over all processes.
        seconds: that this call took.
        losses: means over the last window of steps.
        metric: name of the number by which the best weights were chosen, "" without validation.
        best: its best value, None before the first validation.
        best_epoch: counted from 1, 0 for none.
        skipped: steps that were left out.
        stopped_by: number of the signal that ended it early, 0 for none.
        notes: what a reader must know, a sentence each.
    """

    output: Path
    weights: Path | None
    checkpoint: Path
    epochs: int
    steps: int
    pairs: int
    seconds: float
    losses: Mapping[str, float]
    metric: str = ""
    best: float | None = None
    best_epoch: int = 0
    skipped: int = 0
    stopped_by: int = 0
    notes: tuple[str, ...] = ()
