"""What the authors of a tracker published: files, numbers, and where they are found.

Numbers are the authors' own, in their units but for one: success and precision are written as
fractions of 1 throughout, also where a source prints percent. None of them was measured here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, get_args

Metric = Literal["success", "norm precision", "precision", "EAO", "accuracy", "robustness", "F1"]
METRICS: tuple[Metric, ...] = get_args(Metric)
"""In the order in which a page lists them. "success" is the area under the success curve;
"precision" the share of frames whose centre is at most 20 pixels off; "robustness" counts failures,
so less is better."""

Kind = Literal["tracker", "backbone", "results"]

Loads = Literal["seen", "not yet", "not here"]
"""seen: the official file was loaded, strictly. not yet: nobody saw it load here. not here: it is
outside what this package does."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One published number."""

    benchmark: str
    metric: Metric
    value: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Speed:
    """A published speed of the whole tracker, or of its backbone alone."""

    frames_per_second: float
    hardware: str
    source: str
    part: Literal["tracker", "backbone"] = "tracker"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A page for a person with a browser; ``note`` says where on it to look."""

    page: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.page} ({self.note})" if self.note else self.page


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One published file, or a tracker with published numbers of which no file is known.

    Attributes:
        name: our name of these weights; unique.
        model: our name of the network that they are for, "" where there is none.
        system: key of the ``System`` that they belong to.
        kind: weights of a tracker, of a backbone to start training from, or raw results.
        file: the original file, relative to where it is published; "" where that is not known.
        config: the original configuration, as its authors call it.
        places: pages that offer the file, the best one first; never empty.
        address: a plain file address that a program can fetch, "" where there is none.
        published: False where the authors print numbers but offer no file.
        licence: what the authors say about these weights.
        size: the published size, "" where none is stated.
        gflop: the published cost in GFLOP or GFLOPs, counted as its authors count.
        sha256_prefix: published first digits of the file's SHA-256.
        sha256_seen: SHA-256 of the official file that was loaded here; the authors publish none.
        rows: published numbers.
        speeds: published speeds.
        loads: whether it loads here, and was seen to.
        note: what else a user must know, one sentence.
    """

    name: str
    model: str
    system: str
    kind: Kind = "tracker"
    file: str = ""
    config: str = ""
    places: tuple[Place, ...]
    address: str = ""
    published: bool = True
    licence: str = "none stated"
    size: str = ""
    gflop: float | None = None
    sha256_prefix: str = ""
    sha256_seen: str = ""
    rows: tuple[Row, ...] = ()
    speeds: tuple[Speed, ...] = ()
    loads: Loads = "not yet"
    note: str = ""

    @property
    def file_name(self) -> str:
        """Last part of the original file's name; one of ours where that is not known."""
        ours = self.name if self.kind == "results" else f"{self.name}.pth"
        return PurePosixPath(self.file).name or ours


@dataclass(frozen=True, kw_only=True)
class System:
    """One publication: a repository with its models.

    Attributes:
        key: what ``Entry.system`` holds.
        title: heading of its section.
        about: a few sentences on the files.
        citations: keys of ``CITATIONS``.
        notes: remarks on names and numbers.
    """

    key: str
    title: str
    about: str
    citations: tuple[str, ...]
    notes: tuple[str, ...] = ()


def rows(benchmark: str, source: str, **values: float) -> tuple[Row, ...]:
    """The numbers of one benchmark; keywords are metrics, ``norm_precision`` for "norm precision".

    >>> [(row.metric, row.value) for row in rows("VOT2018", "a paper", EAO=0.4, accuracy=0.6)]
    [('EAO', 0.4), ('accuracy', 0.6)]
    """
    named = {name.replace("_", " "): value for name, value in values.items()}
    unknown = set(named) - set(METRICS)
    if unknown:
        raise ValueError(f"unknown metrics {sorted(unknown)}; known: {METRICS}")
    return tuple(
        Row(benchmark=benchmark, metric=metric, value=named[metric], source=source)
        for metric in METRICS
        if metric in named
    )
