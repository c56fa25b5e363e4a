"""The training loop: one for every family, on one device or many.

A run folder holds ``recipe.json``, ``log.jsonl``, ``tensorboard/``, ``checkpoints/``, ``weights/``
(``last.safetensors`` and ``best.safetensors``, which ``load_model`` reads) and ``pictures/``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from feathertrack.data.batch import PairBatch
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.training.checkpoints import Checkpoint, remove_leftovers
from feathertrack.training.feeding import Batches, Feed, steps_per_epoch
from feathertrack.training.freezing import Freezing, given_back
from feathertrack.training.journal import Journal
from feathertrack.training.judging import Judge
from feathertrack.training.keeping import Keeper, Standing
from feathertrack.training.launch import any_process, launch
from feathertrack.training.logs import Window
from feathertrack.training.optim import build_optimizer
from feathertrack.training.progress import FitResult, Watch
from feathertrack.training.randomness import (
    arithmetic,
    seed_generators,
    set_random_state,
)
from feathertrack.training.recipe import Recipe
from feathertrack.training.resuming import standing_at
from feathertrack.training.stepping import Step, Stepper
from feathertrack.training.stopping import StopRequest, stop_requests
from feathertrack.training.task import Task, drawn_pairs
from feathertrack.training.validation import Validator

if TYPE_CHECKING:
    from lightning_fabric import Fabric

_PAIRS_SHOWN = 4


def fit(
    recipe: Recipe,
    task: Task,
    loader: Batches,
    *,
    output: str | Path,
    resume: bool | Path = False,
    fabric: Fabric | None = None,
    devices: str = "auto",
    data: Sequence[str] = (),
    teacher: str = "",
    validator: Validator | None = None,
    watch: Watch | None = None,
) -> FitResult:
    """Train a task by a recipe; SIGTERM and Ctrl-C end it after the step in hand, saved.

    Args:
        recipe: everything but the data's and the task's inside.
        task: what is trained; it is left with the last weights, on the device.
        loader: pairs for this process.
        output: the run folder.
        resume: True goes on from the last checkpoint in ``output``, or begins where there is none;
            a path goes on from that file. False begins, in a folder without checkpoints.
        fabric: devices and processes; made from ``devices`` where there is none.
        devices: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        data: what the training sets are known by; a checkpoint of others is refused.
        teacher: digest of the network that is imitated, likewise.
        validator: scores the network from time to time.
        watch: told about every step, on the first process.

    Raises:
        InputError: the folder holds another run, a checkpoint does not fit, or the disk is full.
        FeathertrackError: the training has diverged.
    """
    fabric = fabric or launch(recipe.loop, devices=devices)
    deterministic = recipe.loop.deterministic
    with arithmetic(deterministic=deterministic), given_back(task), stop_requests() as stop:
        run = _Run(
            fabric, recipe, task, loader, Path(output), validator, watch, stop, data, teacher
        )
        run.begin(resume)
        try:
            return run.train()
        finally:
            run.journal.close()


class _Run:
    """One training, from its beginning or its last checkpoint to its end."""

    def __init__(
        self,
        fabric: Fabric,
        recipe: Recipe,
        task: Task,
        loader: Batches,
        output: Path,
        validator: Validator | None,
        watch: Watch | None,
        stop: StopRequest,
        data: Sequence[str],
        teacher: str,
    ) -> None:
        self.fabric, self.recipe, self.loader, self.output = fabric, recipe, loader, output
        self.stop = stop
        task.to(fabric.device)
        self.task = task.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = build_optimizer(task, recipe.optim)
        self.freezing = Freezing(task, recipe.freeze)
        self.stepper = Stepper(fabric, recipe, task, optimizer, self.freezing)
        self.keeper = Keeper(
            fabric,
            recipe,
            task=task,
            optimizer=optimizer,
            stepper=self.stepper,
            output=output,
            data=data,
            teacher=teacher,
        )
        self.steps_per_epoch = steps_per_epoch(loader, recipe.loop)
        self.journal = Journal(
            fabric, recipe, output=output, watch=watch, steps_per_epoch=self.steps_per_epoch
        )
        self.judge = Judge(fabric, validator, keeper=self.keeper, journal=self.journal)
        self.pairs_per_step = recipe.loop.batch_size * recipe.loop.accumulate * fabric.world_size
        self.standing = Standing()
        self.pairs = 0
        self.random: dict[str, Any] | None = None
        self.began = self.saved = time.monotonic()

    def begin(self, resume: bool | Path) -> None:
        """Start anew or from a checkpoint, and open the log."""
        found, passed = self.keeper.find(resume)
        self.journal.notes += passed
        seed_generators(self.recipe.loop.seed, rank=self.fabric.global_rank)
        if found is not None:
            self._restore(self.keeper.restore(found))
        if self.fabric.is_global_zero:
            remove_leftovers(self.keeper.folder)
        self.journal.open(
            self.standing.position,
            resumed=found,
            revision=self.keeper.revision,
            pairs_per_step=self.pairs_per_step,
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.standing, notes = standing_at(
            checkpoint,
            pairs_per_step=self.pairs_per_step,
            processes=self.fabric.world_size,
            judged_by=self.judge.judged_by,
        )
        self.journal.moved(self.standing.position)
        if self.fabric.global_rank < len(checkpoint.random):
            self.random = dict(checkpoint.random[self.fabric.global_rank])
        if moved := self.keeper.settle_best(self.standing.best, before=checkpoint.best):
            notes.append(f"the best weights so far lie in {' and '.join(moved)} from now on")
        for note in notes:
            self.journal.note(note)

    def train(self) -> FitResult:
        """Go through the epochs that are left."""
        while not any_process(self.fabric, bool(self.stop)):
            better = self.judge.after_epoch(self.standing)
            if better is not None:
                self._save(best=better)
            if self.standing.position.epoch >= self.recipe.loop.epochs or not self._epoch():
                break
        return self._finish()

    def _epoch(self) -> bool:
        """Train to the end of the epoch; False when a signal ended it before."""
        epoch, within = self.standing.position.epoch, self.standing.position.step
        self.journal.rates = self.stepper.start_epoch(epoch, within=within > 0)
        accumulate = self.recipe.loop.accumulate
        feed = Feed(self.loader, self.fabric.device, epoch=epoch, start=within * accumulate)
        if self.random is not None:
            set_random_state(self.random)
            self.random = None
        window = Window()
        while self.standing.position.step < self.steps_per_epoch:
            batches = self._batches(feed, window)
            if not batches:
                return False
            step = self._step(batches, feed, window)
            if len(window) >= self.recipe.loop.log_every:
                self._log(window)
                window = Window()
            stop, save = step.requests
            if stop:
                self._log(window)
                self._save()
                return False
            if save and self.standing.position.step < self.steps_per_epoch:
                self._save()
        self._log(window)
        self._move(epoch=epoch + 1, step=0, pairs=0)
        self._save()
        return True

    def _batches(self, feed: Feed, window: Window) -> list[PairBatch]:
        """The batches of the next step; none when a signal has ended what makes them."""
        position = self.standing.position
        try:
            batches = feed.take(self.recipe.loop.accumulate)
        except FeathertrackError:
            # A worker was lost, to a signal meant for all or to a full memory: what was learned is
            # saved. Other processes would wait for ever, so only one does this.
            if self.fabric.world_size > 1:
                raise
            self._log(window)
            self._save()
            if not self.stop:
                raise
            return []
        if not batches:
            raise InputError(
                f"the pairs of epoch {position.epoch + 1} ended after step {position.step} of "
                f"{self.steps_per_epoch}"
            )
        return batches

    def _step(self, batches: list[PairBatch], feed: Feed, window: Window) -> Step:
        minutes = (time.monotonic() - self.saved) / 60
        save = self.fabric.is_global_zero and minutes >= self.recipe.loop.save_minutes
        step = self.stepper.step(batches, requests=(bool(self.stop), save))
        if self.keeper.averaged is not None and not step.skipped:
            self.keeper.averaged.update(self.task.network)
        position = self.standing.position
        self._move(
            step=position.step + 1,
            total_steps=position.total_steps + 1,
            pairs=position.pairs + self.pairs_per_step,
        )
        self.pairs += self.pairs_per_step
        self.standing.skipped += step.skipped
        window.add(
            step.losses,
            norm=step.gradient_norm,
            skipped=step.skipped,
            pairs=self.pairs_per_step,
            waited=feed.waited(),
        )
        every = self.recipe.loop.pictures_every
        if every and self.standing.position.total_steps % every == 0 and self.journal.writes:
            self._picture(batches[0])
        self.journal.stepped(self.standing.position)
        return step

    def _move(self, **changes: int) -> None:
        self.standing.position = replace(self.standing.position, **changes)
        self.journal.moved(self.standing.position)

    def _log(self, window: Window) -> None:
        scaler = self.stepper.scaler
        scale = None if scaler is None else scaler.get_scale()
        self.journal.window(window, skipped=self.standing.skipped, loss_scale=scale)

    def _picture(self, batch: PairBatch) -> None:
        try:
            self.journal.picture(drawn_pairs(self.task, batch, count=_PAIRS_SHOWN))
        finally:
            self.freezing.set_modes(self.standing.position.epoch)

    def _save(self, *, best: bool = False) -> None:
        self.keeper.save(self.standing, best=best)
        self.saved = time.monotonic()

    def _finish(self) -> FitResult:
        stopped = self.fabric.broadcast(self.stop.signal_number)
        standing, position, best = self.standing, self.standing.position, self.standing.best
        done = position.epoch >= self.recipe.loop.epochs
        self.journal.end(standing, finished=done, signal=stopped)
        return FitResult(
            output=self.output,
            weights=self.keeper.weights_file(),
            checkpoint=self.keeper.last,
            epochs=position.epoch,
            steps=position.total_steps,
            pairs=self.pairs,
            seconds=time.monotonic() - self.began,
            losses=self.journal.losses,
            metric=best.metric if best else "",
            best=best.value if best else None,
            best_epoch=best.epoch if best else 0,
            skipped=standing.skipped,
            stopped_by=0 if done else stopped,
            notes=tuple(self.journal.notes),
        )
