"""What a training keeps on the disk to go on from, and what it takes up again from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.optim import Optimizer

from feathertrack.errors import FeathertrackError, InputError
from feathertrack.models.network import Network
from feathertrack.training.checkpoints import (
    Best,
    Checkpoint,
    Position,
    check_data,
    check_recipe,
    find_checkpoints,
    keep_as_best,
    load_checkpoint,
    newest_whole,
    save_checkpoint,
)
from feathertrack.training.ema import AveragedNetwork
from feathertrack.training.origin import git_revision
from feathertrack.training.randomness import random_state
from feathertrack.training.recipe import Recipe
from feathertrack.training.recipe_json import recipe_to_json
from feathertrack.training.stepping import Stepper
from feathertrack.training.task import Task
from feathertrack.video.outfiles import writing
from feathertrack.weights.saving import save_model

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(kw_only=True)
class Standing:
    """How far a training has come.

    Attributes:
        position: epoch, steps and pairs.
        best: the best validation, None before the first.
        validated: epochs after which a validation was made or not due.
        skipped: steps that were left out.
    """

    position: Position = field(default_factory=Position)
    best: Best | None = None
    validated: int = 0
    skipped: int = 0


class Keeper:
    """Writes and reads the checkpoints and weights of a run folder.

    Args:
        fabric: its first process writes.
        recipe: kept in every checkpoint; one of another recipe is refused.
        task: on its device.
        optimizer: of the task's parameters.
        stepper: its scaler is kept too.
        output: the run folder.
        data: what the training sets are known by.
        teacher: digest of the network that is imitated, "" where none is known.

    Attributes:
        averaged: the moving average of the weights, None without one and on other processes.
        revision: of the source, "" where it is not known and on other processes.
        last: the last checkpoint; its folder before the first.
    """

    def __init__(
        self,
        fabric: Fabric,
        recipe: Recipe,
        *,
        task: Task,
        optimizer: Optimizer,
        stepper: Stepper,
        output: Path,
        data: Sequence[str] = (),
        teacher: str = "",
    ) -> None:
        self._fabric, self._recipe, self._task = fabric, recipe, task
        self._optimizer, self._stepper, self._output = optimizer, stepper, output
        self._data, self._teacher = tuple(data), teacher
        self._first = fabric.is_global_zero
        self.averaged: AveragedNetwork | None = None
        if recipe.loop.ema and self._first:
            self.averaged = AveragedNetwork(task.network, decay=recipe.loop.ema)
        self.revision = git_revision() if self._first else ""
        self.folder = output / "checkpoints"
        self.last = self.folder

    @property
    def network(self) -> Network:
        """What is validated and saved: the average where there is one."""
        return self._task.network if self.averaged is None else self.averaged.network

    def find(self, resume: bool | Path) -> tuple[Path | None, list[str]]:
        """Return the checkpoint to go on from, None to begin; and what was passed over.

        Raises:
            InputError: the folder holds a run that is not to go on, or no checkpoint can be read.
        """
        if isinstance(resume, Path):
            return resume, []
        if resume:
            return newest_whole(self.folder)
        if earlier := find_checkpoints(self.folder):
            raise InputError(
                f"{self._output} holds a run, up to {earlier[-1].name}: resume it, or choose "
                "another output"
            )
        return None, []

    def restore(self, path: Path) -> Checkpoint:
        """Read a checkpoint into task, optimiser, scaler and average.

        Raises:
            InputError: it cannot be read, is of another recipe or teacher, or does not fit.
        """
        checkpoint = load_checkpoint(path)
        check_recipe(checkpoint, self._recipe, path=path, teacher=self._teacher)
        check_data(checkpoint, self._data, path=path)
        states = checkpoint.states
        try:
            self._task.load_state_dict(states["task"])
            self._optimizer.load_state_dict(states["optimizer"])
            if self._stepper.scaler is not None:
                self._stepper.scaler.load_state_dict(states["scaler"])
            if self.averaged is not None:
                self.averaged.load_state_dict(states["ema"])
        except (KeyError, RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
            raise InputError(f"checkpoint {path} does not fit the network: {reason}") from error
        self.last = path
        return checkpoint

    def settle_best(self, best: Best | None, *, before: Best | None) -> list[str]:
        """Put the best weights aside where they do not count any more; return which files, where.

        Those that count again, as a run that is judged as before, are put back.

        Args:
            best: what counts from now on.
            before: what the checkpoint knows as the best.

        Raises:
            InputError: a file cannot be renamed.
        """
        if before is None or not self._first:
            return []
        moved = []
        for path in (self._output / "weights" / "best.safetensors", self.folder / "best.ckpt"):
            aside = path.with_name(f"best-epoch-{before.epoch:04d}{path.suffix}")
            here, there = (path, aside) if best is None else (aside, path)
            if here.is_file() and (best is None or not there.is_file()):
                with writing(there):
                    here.replace(there)
                moved.append(there.relative_to(self._output).as_posix())
        return moved

    def save(self, standing: Standing, *, best: bool = False) -> None:
        """Write a checkpoint and the weights; every process must call this together.

        Raises:
            FeathertrackError: they cannot be written; every process learns of it.
        """
        states: dict[str, Any] = {
            "task": self._task.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        if self._stepper.scaler is not None:
            states["scaler"] = self._stepper.scaler.state_dict()
        if self.averaged is not None:
            states["ema"] = self.averaged.state_dict()
        checkpoint = Checkpoint(
            recipe=recipe_to_json(self._recipe),
            git_revision=self.revision,
            position=standing.position,
            world_size=self._fabric.world_size,
            states=states,
            random=_gathered(random_state(), self._fabric),
            best=standing.best,
            validated=standing.validated,
            skipped=standing.skipped,
            data=self._data,
            teacher=self._teacher,
        )
        problem = self._write(checkpoint, best=best) if self._first else None
        problem = self._fabric.broadcast(problem)
        if problem:
            raise FeathertrackError(problem)

    def _write(self, checkpoint: Checkpoint, *, best: bool) -> str:
        """Write the files; return what went wrong, which other processes must learn."""
        step = checkpoint.position.total_steps
        try:
            path = save_checkpoint(checkpoint, self.folder, keep=self._recipe.loop.keep)
            self.last = path
            self._save_weights("last", step=step)
            if best:
                keep_as_best(path)
                self._save_weights("best", step=step)
        except InputError as error:
            kept = [one.name for one in find_checkpoints(self.folder)]
            left = f"{kept[-1]} is kept" if kept else "there is none before it"
            return f"saving at step {step} failed, {left}: {error}"
        return ""

    def _save_weights(self, name: str, *, step: int) -> None:
        if self.network.name:
            words = {
                "recipe": self._recipe.name,
                "git_revision": self.revision,
                "steps": str(step),
            }
            if self._recipe.teacher:  # the end of its path says enough, and little of the machine
                words["teacher"] = "/".join(Path(self._recipe.teacher).parts[-3:])
            path = self._output / "weights" / f"{name}.safetensors"
            save_model(self.network, path, metadata=words)

    def weights_file(self) -> Path | None:
        """The best weights, else the last ones, None where there are none."""
        files = [self._output / "weights" / f"{name}.safetensors" for name in ("best", "last")]
        return next((file for file in files if file.is_file()), None)


def _gathered(state: dict[str, Any], fabric: Fabric) -> list[dict[str, Any]]:
    """The state of every process, in their order."""
    if fabric.world_size == 1:
        return [state]
    states: list[Any] = [None] * fabric.world_size
    torch.distributed.all_gather_object(states, state)
    return states
