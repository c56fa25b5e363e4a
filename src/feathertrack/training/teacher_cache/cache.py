"""A teacher behind a cache: asked once for a pair, and the disk from then on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.evaluation.result_files import write_whole
from feathertrack.models.network import Network
from feathertrack.training.recipe import Recipe
from feathertrack.training.task import Parts, TeacherMemory
from feathertrack.training.teacher_cache.keys import describe_outputs, folder_name, pair_keys
from feathertrack.training.teacher_cache.settings import CacheSettings
from feathertrack.training.teacher_cache.store import SHARD_BYTES, TeacherStore
from feathertrack.video.outfiles import make_folder, writing


class TeacherCache(TeacherMemory):
    """The outputs of one teacher for the pairs of one recipe.

    A batch is taken from the disk when all of its pairs are there. Otherwise the teacher sees the
    whole of it, so that its sums are those of a run without a cache, to the last bit.

    Args:
        settings: where, and in which precision.
        recipe: the data, seed and batches.
        teacher: as it was given, before anything was folded.
        parts: names of the outputs.
        shard_bytes: size of a file.

    Attributes:
        hits: pairs that were taken from the disk.
        misses: pairs that the teacher was asked about.
    """

    def __init__(
        self,
        settings: CacheSettings,
        *,
        recipe: Recipe,
        teacher: Network,
        parts: Sequence[str],
        shard_bytes: int = SHARD_BYTES,
    ) -> None:
        self._root = Path(settings.folder).expanduser()
        self._half = settings.precision == "float16"
        self._recipe, self._parts, self._shard_bytes = recipe, tuple(parts), shard_bytes
        self._described = {
            **describe_outputs(recipe, teacher),
            "stored": settings.precision,
        }
        self._store: TeacherStore | None = None
        self._full = ""
        self.hits = self.misses = 0

    def recall(
        self, batch: PairBatch, further: Sequence[Tensor], compute: Callable[[], Parts]
    ) -> Parts:
        """Return the outputs of a batch.

        Args:
            batch: the pairs.
            further: what the teacher is given besides, float32 (B, ...).
            compute: asks the teacher.

        Raises:
            InputError: the folder cannot be written, or the disk is too small for all pairs.
        """
        store = self._opened(batch.search.device)
        keys = pair_keys(batch, further)
        found = store.read(keys)
        if found is not None:
            self.hits += len(batch)
            device = batch.search.device
            return {name: part.to(device, non_blocking=True) for name, part in found.items()}
        self.misses += len(batch)
        made = dict(compute())
        kept = {name: made[name].half() for name in made} if self._half else made
        if not self._full:
            if self.misses == len(batch):
                self._check_disk(sum(part.nbytes for part in kept.values()) / len(batch))
            self._keep(keys, kept)
        return {name: kept[name].float() for name in kept}

    def close(self) -> None:
        """Write what waits."""
        if self._store is not None:
            self._keep(None, {})
            self._store.close()

    @property
    def notes(self) -> list[str]:
        """What came of it, a sentence each."""
        if self._store is None:
            return []
        asked = self.hits + self.misses
        found = f"the teacher cache had {self.hits:,} of {asked:,} pairs"
        return [found, *([self._full] if self._full else []), *self._store.notes]

    def _opened(self, device: torch.device) -> TeacherStore:
        if self._store is None:
            described = {**self._described, "device": device.type}
            folder = self._root / folder_name(described)
            try:
                with writing(self._root):
                    make_folder(self._root)
                write_whole(folder / "about.json", json.dumps(described, indent=1) + "\n")
            except InputError as error:
                raise InputError(f"--task.cache.folder {self._root}: {error}") from error
            self._store = TeacherStore(
                folder,
                parts=self._parts,
                writer=f"rank{_rank():03d}",
                shard_bytes=self._shard_bytes,
            )
        return self._store

    def _check_disk(self, bytes_per_pair: float) -> None:
        assert self._store is not None
        pairs = all_pairs(self._recipe) - len(self._store)
        need, free = max(pairs, 0) * bytes_per_pair, shutil.disk_usage(self._root).free
        if need > free:
            fits_in_half = not self._half and need / 2 <= free
            half = "--task.cache.precision float16, " if fits_in_half else ""
            raise InputError(
                f"the teacher cache in {self._root} needs {need / 1e9:,.1f} GB for {pairs:,} pairs "
                f"and {free / 1e9:,.1f} GB are free: another --task.cache.folder, {half}or none"
            )

    def _keep(self, keys: Tensor | None, kept: Parts) -> None:
        """Add rows, or write those that wait; a training outlives a disk that has become full."""
        assert self._store is not None
        try:
            if keys is None:
                self._store.flush()
            else:
                self._store.add(keys, kept)
        except InputError as error:
            self._full = f"the teacher cache grows no more: {error}"


def open_cache(
    settings: CacheSettings, *, recipe: Recipe, teacher: Network, parts: Sequence[str]
) -> TeacherCache | None:
    """The cache that the settings ask for, None where they ask for none.

    Raises:
        InputError: nothing can be written there.
    """
    if not settings.folder:
        return None
    check_folder(settings)
    return TeacherCache(settings, recipe=recipe, teacher=teacher, parts=parts)


def check_folder(settings: CacheSettings) -> None:
    """Refuse a folder in which nothing can be written, before anything is computed or made.

    Raises:
        InputError: names the field and the place that is in the way.
    """
    folder = Path(settings.folder).expanduser().absolute()
    there = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
    if not there.is_dir():
        reason = "is no folder"
    elif not os.access(there, os.W_OK | os.X_OK):
        reason = "is not to be written to"
    else:
        return
    raise InputError(
        f"--task.cache.folder {settings.folder} cannot be used, {there} {reason}: name another"
    )


def all_pairs(recipe: Recipe) -> int:
    """Pairs of all epochs and processes."""
    return recipe.data.pairs_per_epoch * recipe.loop.epochs


def _rank() -> int:
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank()
    return 0
