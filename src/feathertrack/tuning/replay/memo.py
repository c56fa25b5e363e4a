"""What a network said, by what it was shown; the least recently used is forgotten first."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from feathertrack.engines.protocol import Outputs
from feathertrack.errors import InputError

DEFAULT_BYTES = 256 << 20

_OVERHEAD = 512
"""Bytes of an entry besides its arrays: the key and Python's objects, rounded up."""

Key = bytes
"""128 bits of everything that outputs depend on."""


def digest(*parts: str | bytes | NDArray[np.generic]) -> Key:
    """A key of words, keys and arrays, the arrays' types and shapes included."""
    # Of hashes without known collisions the one that processors have instructions for.
    hashed = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            hashed.update(f"{part.dtype.str}{part.shape};".encode())
            hashed.update(np.ascontiguousarray(part).data)
        else:
            data = part.encode() if isinstance(part, str) else part
            hashed.update(f"{len(data)};".encode())
            hashed.update(data)
    return hashed.digest()[:16]


class Memo:
    """Raw outputs of networks by key, in bounded memory; threads may share one.

    Hand the same memo to all runs of a study: groups of points that come later find what earlier
    ones had computed. A key holds weights, engine, device and precision, template and pixels, so
    one memo serves any number of trackers and sequences.

    Args:
        limit: bytes that outputs may take.

    Raises:
        InputError: the limit is negative.
    """

    def __init__(self, limit: int = DEFAULT_BYTES) -> None:
        if limit < 0:
            raise InputError(f"the limit of a memo is a number of bytes, got {limit}")
        self.limit = limit
        self.size = 0
        self._entries: OrderedDict[Key, Outputs] = OrderedDict()
        self._verdicts: dict[Key, bool] = {}
        self._nameless: dict[int, tuple[object, str]] = {}
        self._turn = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Outputs | None:
        """What was kept under a key, None where nothing is or it was forgotten."""
        with self._turn:
            outputs = self._entries.get(key)
            if outputs is not None:
                self._entries.move_to_end(key)
            return outputs

    def put(self, key: Key, outputs: Outputs) -> None:
        """Keep outputs, which nobody may write to from now on."""
        with self._turn:
            if key in self._entries:
                return
            self._entries[key] = outputs
            self.size += _bytes_of(outputs)
            while self.size > self.limit:
                _, oldest = self._entries.popitem(last=False)
                self.size -= _bytes_of(oldest)

    def verdict(self, key: Key) -> bool | None:
        """What was found out about an engine, None where it was not; never forgotten."""
        return self._verdicts.get(key)

    def decide(self, key: Key, verdict: bool) -> None:
        """Keep what was found out about an engine."""
        self._verdicts[key] = verdict

    def token(self, engine: object) -> str:
        """A word for an engine whose weights have no digest, the same as long as it lives."""
        # The engine is kept with it: numbers of objects that are gone are given out again.
        return self._nameless.setdefault(id(engine), (engine, uuid.uuid4().hex))[1]


def _bytes_of(outputs: Outputs) -> int:
    return _OVERHEAD + sum(output.nbytes for output in outputs)
