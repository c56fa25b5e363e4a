"""What a training says on its way: to its log, and to whoever watches it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.evaluation.result_files import write_whole
from feathertrack.training.checkpoints import Position
from feathertrack.training.keeping import Standing
from feathertrack.training.logs import RunLog, Window
from feathertrack.training.progress import Progress, Watch
from feathertrack.training.recipe import Recipe
from feathertrack.training.recipe_json import recipe_to_json
from feathertrack.training.validation import Verdict

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class Journal:
    """The log of a run folder and the watcher's news; other processes than the first are silent.

    Args:
        fabric: the losses are means over its processes.
        recipe: written to ``recipe.json``.
        output: the run folder.
        watch: told about every step.
        steps_per_epoch: of the optimiser.

    Attributes:
        notes: what a reader must know, a sentence each.
        losses: of the last window of steps.
        rates: learning rates by group.
    """

    def __init__(
        self,
        fabric: Fabric,
        recipe: Recipe,
        *,
        output: Path,
        watch: Watch | None,
        steps_per_epoch: int,
    ) -> None:
        self._fabric, self._recipe, self._output = fabric, recipe, output
        self._watch = watch if fabric.is_global_zero else None
        self._steps_per_epoch = steps_per_epoch
        self._log: RunLog | None = None
        self._position = Position()
        self._speed = self._wait = 0.0
        self.notes: list[str] = []
        self.losses: dict[str, float] = {}
        self.rates: dict[str, float] = {}

    @property
    def writes(self) -> bool:
        """Whether this process has a log."""
        return self._log is not None

    def open(
        self, position: Position, *, resumed: Path | None, revision: str, pairs_per_step: int
    ) -> None:
        """Write the recipe and the first line."""
        self._position = position
        if not self._fabric.is_global_zero:
            return
        recipe = json.dumps(recipe_to_json(self._recipe), indent=1) + "\n"
        write_whole(self._output / "recipe.json", recipe)
        self._log = RunLog(self._output, step=position.total_steps)
        self._write(
            "start",
            epoch=position.epoch + 1,
            recipe=self._recipe.name,
            device=str(self._fabric.device),
            processes=self._fabric.world_size,
            precision=self._recipe.loop.precision,
            git_revision=revision,
            steps_per_epoch=self._steps_per_epoch,
            pairs_per_step=pairs_per_step,
            resumed_from=resumed.name if resumed else "",
            notes=list(self.notes),
        )

    def _write(self, event: str, **values: Any) -> None:
        if self._log is not None:
            self._log.write(event, step=self._position.total_steps, **values)

    def stepped(self, position: Position) -> None:
        """Tell the watcher of a step."""
        self._position = position
        self._tell()

    def window(self, window: Window, *, skipped: int, loss_scale: float | None) -> None:
        """Log the steps since the last line; every process must call this together."""
        if not len(window):
            return
        line = window.summary(self._fabric)
        self.losses = line["losses"] or self.losses
        self._speed, self._wait = line["pairs_per_second"], line["data_wait"]
        scale = {} if loss_scale is None else {"loss_scale": loss_scale}
        epoch = self._position.epoch + 1
        self._write("step", epoch=epoch, lr=self.rates, skipped=skipped, **scale, **line)

    def picture(self, pictures: list[NDArray[np.uint8]]) -> None:
        """Keep pictures of pairs."""
        if self._log is not None and pictures:
            self._log.picture(pictures, step=self._position.total_steps)

    def validation(self, verdict: Verdict) -> None:
        """Log the scores after an epoch."""
        epochs, metric = self._position.epoch, self._recipe.validation.metric
        self._write(
            "validation",
            epoch=epochs,
            scores=dict(verdict.headline),
            best=verdict.best is not None,
            seconds=verdict.seconds,
        )
        best = ", the best so far" if verdict.best else ""
        self._tell(f"epoch {epochs}: {metric} {verdict.value:.4f}{best}")

    def note(self, text: str) -> None:
        """Say what a reader must know."""
        self.notes.append(text)
        self._write("note", text=text)
        self._tell(text)

    def end(self, standing: Standing, *, finished: bool, signal: int) -> None:
        """Write the last line."""
        self._write("end", epoch=standing.position.epoch, finished=finished, signal=signal)

    def moved(self, position: Position) -> None:
        """Take note of another position without telling it."""
        self._position = position

    def close(self) -> None:
        """Finish the files."""
        if self._log is not None:
            self._log.close()

    def _tell(self, message: str = "") -> None:
        if self._watch is None:
            return
        position, epochs = self._position, self._recipe.loop.epochs
        self._watch(
            Progress(
                epoch=min(position.epoch + 1, epochs),
                epochs=epochs,
                step=position.step,
                steps=self._steps_per_epoch,
                losses=self.losses,
                rates=self.rates,
                pairs_per_second=self._speed,
                data_wait=self._wait,
                message=message,
            )
        )
