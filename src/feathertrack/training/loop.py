"""The training loop: one for every family, on one device or many.

A run folder holds ``recipe.json``, ``log.jsonl``, ``tensorboard/``, ``checkpoints/``, ``weights/``
(``last.safetensors`` and ``best.safetensors``, which ``load_model`` reads) and ``pictures/``.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from feathertrack.data.batch import PairBatch
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.evaluation.result_files import write_whole
from feathertrack.training.checkpoints import (
    Best,
    Checkpoint,
    Position,
    check_recipe,
    find_checkpoints,
    keep_as_best,
    load_checkpoint,
    newest_whole,
    remove_leftovers,
    save_checkpoint,
)
from feathertrack.training.ema import AveragedNetwork
from feathertrack.training.feeding import Batches, Feed
from feathertrack.training.freezing import Freezing
from feathertrack.training.launch import launch
from feathertrack.training.logs import RunLog, Window
from feathertrack.training.optim import build_optimizer
from feathertrack.training.origin import git_revision
from feathertrack.training.progress import FitResult, Progress, Watch
from feathertrack.training.randomness import (
    arithmetic,
    random_state,
    seed_generators,
    set_random_state,
    undisturbed,
)
from feathertrack.training.recipe import Recipe
from feathertrack.training.recipe_json import recipe_to_json
from feathertrack.training.stepping import Step, Stepper
from feathertrack.training.stopping import StopRequest, stop_requests
from feathertrack.training.task import Task
from feathertrack.training.validation import Validator
from feathertrack.weights.saving import save_model

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
        validator: scores the network from time to time.
        watch: told about every step, on the first process.

    Raises:
        InputError: the folder holds another run, a checkpoint does not fit, or the disk is full.
        FeathertrackError: the training has diverged.
    """
    fabric = fabric or launch(recipe.loop, devices=devices)
    with (
        arithmetic(deterministic=recipe.loop.deterministic),
        stop_requests() as stop,
    ):
        run = _Run(fabric, recipe, task, loader, Path(output), validator, watch, stop)
        run.begin(resume)
        try:
            return run.train()
        finally:
            run.close()


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
    ) -> None:
        self.fabric, self.recipe, self.loader, self.output = fabric, recipe, loader, output
        self.validator, self.watch, self.stop = validator, watch, stop
        self.first = fabric.is_global_zero
        self.given = [(one, one.requires_grad) for one in task.parameters()]
        task.to(fabric.device)
        self.task = task.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = build_optimizer(task, recipe.optim)
        freezing = Freezing(task, recipe.freeze)
        self.freezing = freezing
        self.stepper = Stepper(fabric, recipe, task, self.optimizer, freezing)
        self.averaged = None
        if recipe.loop.ema and self.first:
            self.averaged = AveragedNetwork(task.network, decay=recipe.loop.ema)
        self.steps_per_epoch = _steps_per_epoch(loader, recipe)
        self.pairs_per_step = recipe.loop.batch_size * recipe.loop.accumulate * fabric.world_size
        self.position = Position()
        self.best: Best | None = None
        self.validated = self.skipped = self.pairs = 0
        self.random: dict[str, Any] | None = None
        self.notes: list[str] = []
        self.losses: dict[str, float] = {}
        self.rates: dict[str, float] = {}
        self.speed, self.wait = 0.0, 0.0
        self.revision = git_revision() if self.first else ""
        self.began = self.saved = time.monotonic()
        self.log: RunLog | None = None
        self.last_checkpoint = output / "checkpoints"

    # Beginning and going on.

    def begin(self, resume: bool | Path) -> None:
        """Start anew or from a checkpoint, and open the log."""
        folder = self.output / "checkpoints"
        if resume is False and (earlier := find_checkpoints(folder)):
            raise InputError(
                f"{self.output} holds a run, up to {earlier[-1].name}: resume it, or choose "
                "another output"
            )
        found = resume if isinstance(resume, Path) else None
        if resume is True:
            found, passed = newest_whole(folder)
            self.notes += passed
        seed_generators(self.recipe.loop.seed, rank=self.fabric.global_rank)
        if found is not None:
            self._restore(found)
        if self.first:
            remove_leftovers(folder)
            write_whole(
                self.output / "recipe.json",
                json.dumps(recipe_to_json(self.recipe), indent=1) + "\n",
            )
            self.log = RunLog(self.output, step=self.position.total_steps)
            self._log_start(found)

    def _restore(self, path: Path) -> None:
        checkpoint = load_checkpoint(path)
        check_recipe(checkpoint, self.recipe, path=path)
        states = checkpoint.states
        try:
            self.task.load_state_dict(states["task"])
            self.optimizer.load_state_dict(states["optimizer"])
            if self.stepper.scaler is not None:
                self.stepper.scaler.load_state_dict(states["scaler"])
            if self.averaged is not None:
                self.averaged.load_state_dict(states["ema"])
        except (KeyError, RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
            raise InputError(f"checkpoint {path} does not fit the network: {reason}") from error
        self.best, self.validated = checkpoint.best, checkpoint.validated
        self.skipped, self.last_checkpoint = checkpoint.skipped, path
        if self.fabric.global_rank < len(checkpoint.random):
            self.random = dict(checkpoint.random[self.fabric.global_rank])
        self._go_on_at(checkpoint)

    def _go_on_at(self, checkpoint: Checkpoint) -> None:
        """Find the step at which as many pairs were seen, should the number of processes differ."""
        position = checkpoint.position
        step, again = divmod(position.pairs, self.pairs_per_step)
        self.position = replace(position, step=step, pairs=step * self.pairs_per_step)
        if checkpoint.world_size != self.fabric.world_size:
            self._note(
                f"{checkpoint.world_size} processes trained until step {position.total_steps} and "
                f"{self.fabric.world_size} from there: {self.pairs_per_step} pairs make a step now"
            )
        if again:
            self._note(f"{again} pairs of epoch {position.epoch + 1} are trained on twice")

    def _log_start(self, resumed: Path | None) -> None:
        assert self.log is not None
        self.log.write(
            "start",
            step=self.position.total_steps,
            epoch=self.position.epoch + 1,
            recipe=self.recipe.name,
            device=str(self.fabric.device),
            processes=self.fabric.world_size,
            precision=self.recipe.loop.precision,
            git_revision=self.revision,
            steps_per_epoch=self.steps_per_epoch,
            pairs_per_step=self.pairs_per_step,
            resumed_from=resumed.name if resumed else "",
            notes=list(self.notes),
        )

    # The course of it.

    def train(self) -> FitResult:
        """Go through the epochs that are left."""
        while not self._any(bool(self.stop)):
            self._validate()
            if self.position.epoch >= self.recipe.loop.epochs or not self._epoch():
                break
        return self._finish()

    def _any(self, mine: bool) -> bool:
        """Whether any process says so; all must ask together."""
        if self.fabric.world_size == 1:
            return mine
        own = torch.tensor(float(mine), device=self.fabric.device)
        most: Any = self.fabric.all_reduce(own, reduce_op="max")
        return bool(most > 0)

    def _epoch(self) -> bool:
        """Train to the end of the epoch; False when a signal ended it before."""
        epoch = self.position.epoch
        self.rates = self.stepper.start_epoch(epoch, within=self.position.step > 0)
        feed = Feed(
            self.loader,
            self.fabric.device,
            epoch=epoch,
            start=self.position.step * self.recipe.loop.accumulate,
        )
        if self.random is not None:
            set_random_state(self.random)
            self.random = None
        window = Window()
        while self.position.step < self.steps_per_epoch:
            try:
                batches = feed.take(self.recipe.loop.accumulate)
            except FeathertrackError:
                # A worker was lost, to a signal meant for all or to a full memory: what was
                # learned is saved. Other processes would wait for ever, so only one does this.
                if self.fabric.world_size > 1:
                    raise
                self._log_window(window)
                self._save()
                if not self.stop:
                    raise
                return False
            if not batches:
                raise InputError(
                    f"the pairs of epoch {epoch + 1} ended after step {self.position.step} of "
                    f"{self.steps_per_epoch}"
                )
            step = self._step(batches, feed, window)
            if len(window) >= self.recipe.loop.log_every:
                self._log_window(window)
                window = Window()
            stop, save = step.requests
            if stop:
                self._log_window(window)
                self._save()
                return False
            if save and self.position.step < self.steps_per_epoch:
                self._save()
        self._log_window(window)
        self.position = replace(self.position, epoch=epoch + 1, step=0, pairs=0)
        self._save()
        return True

    def _step(self, batches: list[PairBatch], feed: Feed, window: Window) -> Step:
        minutes = (time.monotonic() - self.saved) / 60
        save = self.first and minutes >= self.recipe.loop.save_minutes
        step = self.stepper.step(batches, requests=(bool(self.stop), save))
        if self.averaged is not None and not step.skipped:
            self.averaged.update(self.task.network)
        position = self.position
        self.position = replace(
            position,
            step=position.step + 1,
            total_steps=position.total_steps + 1,
            pairs=position.pairs + self.pairs_per_step,
        )
        self.pairs += self.pairs_per_step
        self.skipped += step.skipped
        window.add(
            step.losses,
            norm=step.gradient_norm,
            skipped=step.skipped,
            pairs=self.pairs_per_step,
            waited=feed.waited(),
        )
        every = self.recipe.loop.pictures_every
        if every and self.position.total_steps % every == 0:
            self._picture(batches[0])
        self._tell()
        return step

    def _log_window(self, window: Window) -> None:
        if not len(window):
            return
        line = window.summary(self.fabric)
        self.losses = line["losses"] or self.losses
        self.speed, self.wait = line["pairs_per_second"], line["data_wait"]
        if self.log is not None:
            scaler = self.stepper.scaler
            scale = {"loss_scale": scaler.get_scale()} if scaler is not None else {}
            self.log.write(
                "step",
                step=self.position.total_steps,
                epoch=self.position.epoch + 1,
                lr=self.rates,
                skipped=self.skipped,
                **scale,
                **line,
            )

    def _picture(self, batch: PairBatch) -> None:
        if self.log is None:
            return
        self.task.eval()
        try:
            with undisturbed(), torch.no_grad():
                pictures = self.task.pictures(batch, count=_PAIRS_SHOWN)
        except NotImplementedError:
            pictures = []
        finally:
            self.freezing.set_modes(self.position.epoch)
        if pictures:
            self.log.picture(pictures, step=self.position.total_steps)

    # Validation.

    def _validate(self) -> None:
        """Validate after an epoch where that is due and was not done before the run was stopped."""
        epochs = self.position.epoch
        due = self.validator is not None and self.validator.due(epochs)
        if not due or self.position.step or self.validated >= epochs:
            return
        best = self._validated() if self.first else None
        best = self.fabric.broadcast(best)
        self.validated = epochs
        self.best = best or self.best
        self._save(best=best is not None)

    def _validated(self) -> Best | None:
        """The new best, None where this is none."""
        assert self.validator is not None and self.log is not None
        began = time.perf_counter()
        epochs, step = self.position.epoch, self.position.total_steps
        metric = self.validator.settings.metric
        try:
            scores = self.validator.score(self._network(), device=self.fabric.device)
            better = self.validator.improves(scores, self.best.value if self.best else None)
        except FeathertrackError as error:
            self._note(f"the validation after epoch {epochs} failed: {error}")
            return None
        self.log.write(
            "validation",
            step=step,
            epoch=epochs,
            scores=dict(scores.headline),
            best=better,
            seconds=time.perf_counter() - began,
        )
        value = self.validator.value(scores)
        self._tell(
            f"epoch {epochs}: {metric} {value:.4f}" + (", the best so far" if better else "")
        )
        return Best(metric=metric, value=value, epoch=epochs) if better else None

    def _network(self) -> Any:
        return self.averaged.network if self.averaged is not None else self.task.network

    # Saving.

    def _save(self, *, best: bool = False) -> None:
        """Write a checkpoint and the weights; every process must call this together."""
        states: dict[str, Any] = {
            "task": self.task.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        if self.stepper.scaler is not None:
            states["scaler"] = self.stepper.scaler.state_dict()
        if self.averaged is not None:
            states["ema"] = self.averaged.state_dict()
        checkpoint = Checkpoint(
            recipe=recipe_to_json(self.recipe),
            git_revision=self.revision,
            position=self.position,
            world_size=self.fabric.world_size,
            states=states,
            random=_gathered(random_state(), self.fabric),
            best=self.best,
            validated=self.validated,
            skipped=self.skipped,
        )
        problem = self._write(checkpoint, best=best) if self.first else None
        problem = self.fabric.broadcast(problem)
        if problem:
            raise InputError(problem)
        self.saved = time.monotonic()

    def _write(self, checkpoint: Checkpoint, *, best: bool) -> str:
        """Write the files; return what went wrong, which other processes must learn."""
        try:
            path = save_checkpoint(
                checkpoint, self.output / "checkpoints", keep=self.recipe.loop.keep
            )
            self.last_checkpoint = path
            self._save_weights("last")
            if best:
                keep_as_best(path)
                self._save_weights("best")
        except InputError as error:
            kept = [one.name for one in find_checkpoints(self.output / "checkpoints")]
            left = f"{kept[-1]} is kept" if kept else "there is none before it"
            return f"saving at step {self.position.total_steps} failed, {left}: {error}"
        return ""

    def _save_weights(self, name: str) -> None:
        network = self._network()
        if network.name:
            words = {
                "recipe": self.recipe.name,
                "git_revision": self.revision,
                "steps": str(self.position.total_steps),
            }
            save_model(network, self.output / "weights" / f"{name}.safetensors", metadata=words)

    # The end, and words on the way.

    def _finish(self) -> FitResult:
        stopped = self.fabric.broadcast(self.stop.signal_number)
        done = self.position.epoch >= self.recipe.loop.epochs
        if self.log is not None:
            self.log.write(
                "end",
                step=self.position.total_steps,
                epoch=self.position.epoch,
                finished=done,
                signal=stopped,
            )
        return FitResult(
            output=self.output,
            weights=self._weights_file(),
            checkpoint=self.last_checkpoint,
            epochs=self.position.epoch,
            steps=self.position.total_steps,
            pairs=self.pairs,
            seconds=time.monotonic() - self.began,
            losses=self.losses,
            metric=self.best.metric if self.best else "",
            best=self.best.value if self.best else None,
            best_epoch=self.best.epoch if self.best else 0,
            skipped=self.skipped,
            stopped_by=0 if done else stopped,
            notes=tuple(self.notes),
        )

    def _weights_file(self) -> Path | None:
        files = [self.output / "weights" / f"{name}.safetensors" for name in ("best", "last")]
        return next((file for file in files if file.is_file()), None)

    def _note(self, text: str) -> None:
        self.notes.append(text)
        if self.log is not None:
            self.log.write("note", step=self.position.total_steps, text=text)
        self._tell(text)

    def _tell(self, message: str = "") -> None:
        if self.watch is None or not self.first:
            return
        self.watch(
            Progress(
                epoch=min(self.position.epoch + 1, self.recipe.loop.epochs),
                epochs=self.recipe.loop.epochs,
                step=self.position.step,
                steps=self.steps_per_epoch,
                losses=self.losses,
                rates=self.rates,
                pairs_per_second=self.speed,
                data_wait=self.wait,
                message=message,
            )
        )

    def close(self) -> None:
        """Close the log, and give the task back as trainable as it was."""
        for parameter, trains in self.given:
            parameter.requires_grad_(trains)
        if self.log is not None:
            self.log.close()


def _steps_per_epoch(loader: Batches, recipe: Recipe) -> int:
    if recipe.loop.accumulate < 1 or recipe.loop.batch_size < 1 or recipe.loop.log_every < 1:
        raise InputError("loop.accumulate, loop.batch_size and loop.log_every must be at least 1")
    steps = len(loader) // recipe.loop.accumulate
    if not steps:
        raise InputError(
            f"data.pairs_per_epoch is too small for one step: {len(loader)} batches of "
            f"{recipe.loop.batch_size}, and loop.accumulate is {recipe.loop.accumulate}"
        )
    return steps


def _gathered(state: dict[str, Any], fabric: Fabric) -> list[dict[str, Any]]:
    """The state of every process, in their order."""
    if fabric.world_size == 1:
        return [state]
    states: list[Any] = [None] * fabric.world_size
    torch.distributed.all_gather_object(states, state)
    return states
