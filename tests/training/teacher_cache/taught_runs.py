"""Small distillations of ATOM through the loop, with a cache or without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from feathertrack.data.batch import PairBatch
from feathertrack.evaluation.training_log import read_log
from feathertrack.models.box_network import BoxNetwork
from feathertrack.recipes.cfkd import CFKD, Terms, distilling
from feathertrack.training.loop import fit
from feathertrack.training.progress import Progress, Watch
from feathertrack.training.recipe import Recipe
from feathertrack.training.tasks.distill_atom import DistillAtomSettings
from feathertrack.training.teacher_cache import CacheSettings
from feathertrack.training.teacher_cache.cache import TeacherCache
from tests.training.tasks.box_pairs import box_pairs, tiny_atom

BATCH, STEPS = 2, 4


@dataclass
class BoxBatches:
    """Batches that depend on epoch and step alone; ``variant`` is another augmentation."""

    variant: int = 0
    rank: int = 0
    world: int = 1
    epoch: int = 0
    start: int = 0

    def set_epoch(self, epoch: int, start_step: int = 0) -> None:
        self.epoch, self.start = epoch, start_step

    def __len__(self) -> int:
        return STEPS

    def __iter__(self) -> Iterator[PairBatch]:
        for step in range(self.start, STEPS):
            place = step * self.world + self.rank
            batch = box_pairs(BATCH, seed=100 * self.epoch + place)
            brighter = batch.search + 5.0 * self.variant
            yield replace(batch, search=brighter)


def taught_recipe(
    folder: str = "", *, terms: Terms = CFKD[:3], precision: str = "float32"
) -> Recipe:
    """Two epochs of four steps."""
    recipe = distilling("taught", terms, source="a test")
    cache = CacheSettings(folder=folder, precision=precision)  # type: ignore[arg-type]
    return replace(
        recipe,
        task=DistillAtomSettings(terms=terms, proposals=4, cache=cache),
        data=replace(recipe.data, pairs_per_epoch=BATCH * STEPS),
        optim=replace(recipe.optim, lr=1e-3),
        loop=replace(recipe.loop, epochs=2, batch_size=BATCH, log_every=1),
    )


def shared_recipe(folder: str) -> Recipe:
    """The same for two processes."""
    recipe = taught_recipe(folder)
    pairs = 2 * recipe.data.pairs_per_epoch
    return replace(recipe, data=replace(recipe.data, pairs_per_epoch=pairs))


def train(
    recipe: Recipe,
    output: Path,
    *,
    batches: BoxBatches | None = None,
    teacher: BoxNetwork | None = None,
    resume: bool = False,
    watch: Watch | None = None,
) -> tuple[list[dict[str, float]], TeacherCache | None]:
    """Train and close the cache, unless it is killed; return the losses and the cache."""
    teacher = teacher or tiny_atom(seed=1)
    task = recipe.task.build(tiny_atom(), recipe=recipe, teacher=teacher)
    loader = batches or BoxBatches()
    fit(recipe, task, loader, output=output, devices="cpu", resume=resume, watch=watch)
    task.close()
    lines = [line for line in read_log(output / "log.jsonl") if line["event"] == "step"]
    assert task.cache is None or isinstance(task.cache, TeacherCache)
    return [line["losses"] for line in lines], task.cache


class Killed(BaseException):
    """What a kill is to the test."""


def killed_in(epoch: int, step: int) -> Watch:
    """A watcher that ends the training in the middle of an epoch, without closing the cache."""

    def watch(progress: Progress) -> None:
        if (progress.epoch, progress.step) == (epoch, step):
            raise Killed

    return watch
