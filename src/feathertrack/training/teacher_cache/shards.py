"""One file of a cache: what a teacher made of some pairs, read by rows without reading it whole.

A shard is a safetensors file with ``keys``, int64 (N, 2), and a tensor of N rows for each part. Its
metadata hold a checksum, and in which order the axes of each part lay in memory.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from feathertrack.errors import require
from feathertrack.evaluation.result_files import write_whole

SUFFIX = ".safetensors"
_KEYS = "keys"
_CHUNK = 2**22


class ShardDamaged(Exception):
    """A shard that was not written whole, changed since, or is none."""


class ShardUnreadable(Exception):
    """A shard of which nothing is known: gone, forbidden, or too many files are open."""


def write_shard(
    path: Path, keys: Tensor, parts: Mapping[str, Tensor], *, orders: Mapping[str, Sequence[int]]
) -> None:
    """Write a shard, whole or not at all.

    Args:
        path: the file.
        keys: int64 (N, 2).
        parts: rows of every part, (N, ...), on the CPU.
        orders: axes of every part, the one of the largest steps in memory first.

    Raises:
        InputError: it cannot be written.
    """
    safetensors = require("safetensors.torch", extra="torch")
    tensors = {_KEYS: keys, **parts}
    words = {"orders": json.dumps({name: list(orders[name]) for name in parts})}
    body = _body(safetensors.save(tensors, metadata=words))
    # The checksum is of everything behind the header, in which it stands.
    words["crc32"] = f"{zlib.crc32(body):08x}"
    write_whole(path, safetensors.save(tensors, metadata=words))


def _body(content: bytes) -> memoryview:
    return memoryview(content)[8 + int.from_bytes(content[:8], "little") :]


class Shard:
    """A shard that is open for reading; its rows stay on the disk until they are asked for.

    Args:
        path: the file.

    Attributes:
        keys: int64 (N, 2).
        parts: names of what it holds for every pair.
        orders: of the axes, as they were given to ``write_shard``.

    Raises:
        ShardDamaged: it is no shard, or shorter than it should be.
        ShardUnreadable: the system does not let it be read, whatever it holds.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        safetensors = require("safetensors", extra="torch")
        try:
            # safetensors calls every trouble of the system a file that is not there: ask it first.
            path.open("rb").close()
            self._file: Any = safetensors.safe_open(str(path), framework="pt")
            words = self._file.metadata() or {}
            self._crc = int(words["crc32"], 16)
            self.orders: dict[str, list[int]] = json.loads(words["orders"])
            self.keys: Tensor = self._file.get_tensor(_KEYS)
            self.parts = frozenset(self._file.keys()) - {_KEYS}
        except (OSError, MemoryError) as error:
            raise _unreadable(path, error) from error
        except Exception as error:  # a broken file can raise anything
            raise ShardDamaged(f"{path} is no shard: {error}") from error
        if self.keys.dtype != torch.int64 or self.keys.ndim != 2 or self.keys.shape[1] != 2:
            raise ShardDamaged(f"{path} has keys of {self.keys.dtype} {tuple(self.keys.shape)}")

    def check(self) -> None:
        """Read the whole file once, a piece at a time, and compare its checksum.

        Raises:
            ShardDamaged: it has changed since it was written.
            ShardUnreadable: the system does not let it be read.
        """
        found = 0
        try:
            with self.path.open("rb") as file:
                file.seek(8 + int.from_bytes(file.read(8), "little"))
                while chunk := file.read(_CHUNK):
                    found = zlib.crc32(chunk, found)
        except OSError as error:
            raise _unreadable(self.path, error) from error
        if found != self._crc:
            raise ShardDamaged(f"{self.path} has changed since it was written")

    def rows(self, numbers: Sequence[int], parts: Sequence[str]) -> dict[str, Tensor]:
        """Return some rows of some parts, in their order, as they were given to ``write_shard``."""
        first, count = numbers[0], len(numbers)
        in_turn = list(numbers) == list(range(first, first + count))
        found = {}
        for name in parts:
            rows = self._file.get_slice(name)
            if in_turn:
                found[name] = rows[first : first + count]
            else:
                found[name] = torch.cat([rows[number : number + 1] for number in numbers])
        return found


def _unreadable(path: Path, error: OSError | MemoryError) -> ShardUnreadable:
    reason = getattr(error, "strerror", None) or str(error)
    return ShardUnreadable(f"{path} cannot be read: {reason}")
