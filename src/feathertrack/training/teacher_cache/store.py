"""Rows by key in a folder of shards, which any number of processes may fill together.

In memory are the keys, 16 bytes a pair, the rows that are not written yet, and a few open shards.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.training.teacher_cache.shards import (
    SUFFIX,
    Shard,
    ShardDamaged,
    ShardUnreadable,
    write_shard,
)

SHARD_BYTES = 32 * 2**20
"""A shard is written when its rows have so many bytes: what a kill loses, and memory needs."""

_OPEN = 8
_LEFT_AFTER = 3600.0
"""A file is written within seconds: one that nobody wrote to for so many is what a kill left."""


class TeacherStore:
    """Rows of some parts by key.

    Args:
        folder: of the shards; it is made by the first one.
        parts: what is read; shards that hold less are left alone.
        writer: the beginning of the names of the shards that this one writes.
        shard_bytes: size of a shard.

    Attributes:
        notes: what was found damaged or could not be read, a sentence each.
    """

    def __init__(
        self, folder: Path, *, parts: Sequence[str], writer: str, shard_bytes: int = SHARD_BYTES
    ) -> None:
        self.folder = folder
        self.notes: list[str] = []
        self._parts, self._writer, self._shard_bytes = tuple(parts), writer, shard_bytes
        self._paths: list[Path] = []
        self._open: OrderedDict[int, Shard] = OrderedDict()
        self._checked: set[int] = set()
        self._hashes = np.empty(0, np.int64)
        self._places = np.empty((0, 2), np.int32)
        self._waiting: list[tuple[Tensor, dict[str, Tensor]]] = []
        self._waiting_bytes = 0
        self._orders: dict[str, list[int]] = {}
        self._remove_leftovers()
        self._read_index()

    def __len__(self) -> int:
        """Return the number of rows that are on the disk."""
        return len(self._hashes)

    def read(self, keys: Tensor) -> dict[str, Tensor] | None:
        """Return the rows of all keys, (B, 2), in their order; None where one is not there."""
        places = self._find(keys)
        if places is None:
            return None
        found: list[tuple[NDArray[np.int64], dict[str, Tensor]]] = []
        orders: dict[str, list[int]] = {}
        for number in np.unique(places[:, 0]).tolist():
            shard = self._shard(number)
            if shard is None:
                return None
            mine = np.flatnonzero(places[:, 0] == number)
            rows = places[mine, 1].tolist()
            if not torch.equal(shard.keys[rows], keys[mine]):
                return None  # two keys of one hash
            orders |= shard.orders
            found.append((mine, shard.rows(rows, self._parts)))
        order = torch.from_numpy(np.argsort(np.concatenate([mine for mine, _ in found])))
        return {
            name: _laid_out(
                torch.cat([rows[name] for _, rows in found])[order].float(), orders[name]
            )
            for name in self._parts
        }

    def add(self, keys: Tensor, parts: Mapping[str, Tensor]) -> None:
        """Take rows, and write a shard when there are enough.

        Raises:
            InputError: it cannot be written.
        """
        self._orders = {name: _axes_in_memory(part) for name, part in parts.items()}
        rows = {name: part.detach().cpu().clone() for name, part in parts.items()}
        self._waiting.append((keys, rows))
        self._waiting_bytes += sum(part.nbytes for part in rows.values())
        if self._waiting_bytes >= self._shard_bytes:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait.

        Raises:
            InputError: they cannot be written; they are dropped.
        """
        if not self._waiting:
            return
        keys = torch.cat([keys for keys, _ in self._waiting])
        rows = {
            name: torch.cat([parts[name] for _, parts in self._waiting]).contiguous()
            for name in self._parts
        }
        self._waiting, self._waiting_bytes = [], 0
        path = self.folder / f"{self._writer}-{secrets.token_hex(8)}{SUFFIX}"
        write_shard(path, keys, rows, orders=self._orders)
        self._enter(path, keys)
        self._sort()

    def close(self) -> None:
        """Let go of the open shards."""
        self._open.clear()

    def _remove_leftovers(self) -> None:
        """Remove what killed processes were writing; others may be writing into the folder."""
        for path in self.folder.glob(".*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _LEFT_AFTER:
                    path.unlink()

    def _read_index(self) -> None:
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            try:
                shard = Shard(path)
            except ShardDamaged:
                self._discard(path)
                continue
            except ShardUnreadable as error:
                self._pass_over(error)
                continue
            if shard.parts >= set(self._parts):
                self._enter(path, shard.keys)
        self._sort()

    def _enter(self, path: Path, keys: Tensor) -> None:
        places = np.empty((len(keys), 2), np.int32)
        places[:, 0], places[:, 1] = len(self._paths), np.arange(len(keys))
        self._paths.append(path)
        self._hashes = np.concatenate([self._hashes, _hashes(keys)])
        self._places = np.concatenate([self._places, places])

    def _sort(self) -> None:
        order = np.argsort(self._hashes, kind="stable")
        self._hashes, self._places = self._hashes[order], self._places[order]

    def _find(self, keys: Tensor) -> NDArray[np.int32] | None:
        """Shard and row of every key, (B, 2)."""
        wanted = _hashes(keys)
        at = np.searchsorted(self._hashes, wanted)
        if (at == len(self._hashes)).any() or (self._hashes[at] != wanted).any():
            return None
        return self._places[at]

    def _shard(self, number: int) -> Shard | None:
        """An open shard whose checksum was right; None where it was not."""
        if number in self._open:
            self._open.move_to_end(number)
            return self._open[number]
        path = self._paths[number]
        try:
            shard = Shard(path)
            if number not in self._checked:
                shard.check()
                self._checked.add(number)
        except (ShardDamaged, ShardUnreadable) as error:
            keep = self._places[:, 0] != number
            self._hashes, self._places = self._hashes[keep], self._places[keep]
            if isinstance(error, ShardDamaged):
                self._discard(path)
            else:
                self._pass_over(error)
            return None
        self._open[number] = shard
        if len(self._open) > _OPEN:
            self._open.popitem(last=False)
        return shard

    def _discard(self, path: Path) -> None:
        self.notes.append(f"{path} of the teacher cache was damaged: its pairs are computed anew")
        with contextlib.suppress(OSError):
            path.unlink()

    def _pass_over(self, error: ShardUnreadable) -> None:
        """Do without a file that may well be right."""
        self.notes.append(f"{error}: it is left there, and its pairs are computed anew")


def _hashes(keys: Tensor) -> NDArray[np.int64]:
    seeds, sums = keys.numpy().view(np.uint64).T
    mixed = (seeds * np.uint64(0x9E3779B97F4A7C15)) ^ sums
    return np.ascontiguousarray(mixed).view(np.int64)


def _axes_in_memory(part: Tensor) -> list[int]:
    """The axes, that of the largest steps first; the order of a sum, and so its rounding, follows.

    >>> _axes_in_memory(torch.zeros(2, 3, 4, 4).contiguous(memory_format=torch.channels_last))
    [0, 2, 3, 1]
    """
    return sorted(range(part.ndim), key=part.stride, reverse=True)


def _laid_out(part: Tensor, order: list[int]) -> Tensor:
    """The same numbers with their axes in memory as they were."""
    back = [order.index(axis) for axis in range(part.ndim)]
    return part.permute(order).contiguous().permute(back)
