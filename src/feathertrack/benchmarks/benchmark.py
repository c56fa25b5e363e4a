"""A benchmark: names of sequences, and each sequence read when it is asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from feathertrack.benchmarks.bundled import protocol_of
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.names import fold
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.errors import InputError


class SequenceReader(Protocol):
    """What knows the layout of a benchmark. It can be pickled, for workers that are spawned."""

    def load(self, name: str) -> Sequence:
        """Read the ground truth of one of the benchmark's names; no picture is opened."""

    def files(self, name: str) -> Files:
        """Where a sequence lies, or should lie."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Benchmark:
    """Sequences by name or number, in the benchmark's own order; each is read when asked for.

    Attributes:
        name: as ``open_benchmark`` takes it.
        root: the folder that holds the data.
        names: of its sequences.
        reader: reads one of them.
        verified: the list of sequences came with the package, not from what is in the folder;
            tables of an unverified one say so.
        aliases: what other toolkits call a sequence -> its name here.
        attributes: short name -> meaning.
        settings: what the protocol has to know, as ``eao`` -> [108, 371] for VOT.
        tree: the files that it expects under its root, in one line.
        notes: what was unusual when it was opened, a sentence each.
    """

    name: str
    root: Path
    names: tuple[str, ...]
    reader: SequenceReader
    verified: bool = True
    aliases: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    tree: str = ""
    notes: tuple[str, ...] = ()

    @property
    def protocol(self) -> str:
        """The family of protocols that it is scored by unless another is asked for."""
        return protocol_of(self.name)

    @property
    def sequences(self) -> Benchmark:
        """The sequences themselves: len, iteration, and items by name or number."""
        return self

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Sequence]:
        return (self.reader.load(name) for name in self.names)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find_name(name) is not None

    def __getitem__(self, key: str | int) -> Sequence:
        """The sequence of a name, of what another toolkit calls it, or of a number.

        Raises:
            InputError: no such sequence; the nearest names are given.
        """
        if isinstance(key, int):
            return self.reader.load(self.names[key])
        return self.reader.load(self.resolve(key))

    def resolve(self, name: str) -> str:
        """The benchmark's own name for what another toolkit, or another letter case, calls it.

        Raises:
            InputError: no such sequence; the nearest names are given.
        """
        found = self.find_name(name)
        if found is None:
            near = difflib.get_close_matches(name, self.names, n=3, cutoff=0.4) or self.names[:5]
            raise InputError(f"{self.name} has no sequence {name!r}; nearest: {', '.join(near)}")
        return found

    def find_name(self, name: str) -> str | None:
        """As ``resolve``, but None where there is none."""
        if name in self._exact:
            return name
        return self.aliases.get(name) or self._folded.get(fold(name))

    @cached_property
    def _exact(self) -> frozenset[str]:
        return frozenset(self.names)

    @cached_property
    def _folded(self) -> Mapping[str, str]:
        return {fold(name): name for name in self.names}
