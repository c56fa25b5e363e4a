"""Write raw results: one sequence at a time, each file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from feathertrack.errors import InputError
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files import got10k, lasot, otb_json, pysot, pytracking, vot
from feathertrack.video.outfiles import replacing, writing

FormatName = Literal["got10k", "pysot", "pytracking", "otb", "lasot", "vot", "vot_binary"]
FORMATS: tuple[FormatName, ...] = get_args(FormatName)
RunKind = Literal[
    "ope", "got10k", "tre", "sre", "reset", "realtime", "unsupervised", "multistart", "longterm"
]
"""What is run, and so which layout of a format holds it."""

Files = Mapping[str, str | bytes]
Write = Callable[[Sequence[Record]], Files]


def _vot(function: Callable[..., Files]) -> dict[RunKind, Write]:
    return {
        "reset": partial(function, experiment="baseline"),
        "realtime": partial(function, experiment="realtime"),
        "unsupervised": partial(function, experiment="unsupervised"),
    }


def _toolkit(*, binary: bool) -> dict[RunKind, Write]:
    write = partial(vot.write_toolkit, binary=binary)
    return _vot(write) | {
        "multistart": partial(write, experiment="baseline"),
        "longterm": partial(write, experiment="longterm"),
    }


WRITERS: Mapping[FormatName, Mapping[RunKind, Write]] = {
    "got10k": {"ope": got10k.write_flat, "got10k": got10k.write_nested, **_vot(got10k.write_vot)},
    "pysot": {
        "ope": pysot.write_flat,
        "got10k": pysot.write_nested,
        "longterm": pysot.write_longterm,
        **_vot(pysot.write_vot),
    },
    "pytracking": {"ope": pytracking.write_flat},
    "lasot": {"ope": lasot.write_flat},
    "otb": {
        "ope": otb_json.write_flat,
        "tre": lambda records: _inside("TRE", otb_json.write_flat(records)),
        "sre": lambda records: _inside("SRE", otb_json.write_flat(records)),
    },
    "vot": _toolkit(binary=False),
    "vot_binary": _toolkit(binary=True),
}
"""Format -> what was run -> what makes the files of a sequence; the last file comes last."""

DEFAULT_FORMAT: Mapping[RunKind, FormatName] = {
    "ope": "pysot",
    "got10k": "got10k",
    "tre": "otb",
    "sre": "otb",
    "reset": "vot",
    "realtime": "vot",
    "unsupervised": "vot",
    "multistart": "vot",
    "longterm": "vot",
}
"""The format that keeps everything of a run, every digit included where there is one."""


def _inside(folder: str, files: Files) -> Files:
    return {f"{folder}/{name}": content for name, content in files.items()}


@dataclass(frozen=True, kw_only=True)
class ResultWriter:
    """Writes the results of one tracker.

    Attributes:
        folder: of the tracker.
        format: whose files to write.
        kind: what is run.
    """

    folder: Path
    format: FormatName
    kind: RunKind

    def __post_init__(self) -> None:
        """Refuse a format that cannot hold what is run.

        Raises:
            InputError: it cannot; those that can are named.
        """
        if self.kind not in WRITERS[self.format]:
            able = ", ".join(name for name in FORMATS if self.kind in WRITERS[name])
            raise InputError(
                f"format {self.format} has no files for a run of {self.kind!r}, which "
                f"{self.folder.parent.name} needs; it is one of {able}"
            )

    def files(self, records: Sequence[Record]) -> Files:
        """Relative name -> content of all files of a sequence."""
        return WRITERS[self.format][self.kind](records)

    def write(self, records: Sequence[Record]) -> None:
        """Write the files of all runs of a sequence, the results after times and properties.

        Raises:
            InputError: a file cannot be written.
        """
        for name, content in self.files(records).items():
            write_whole(self.folder / name, content)

    def is_there(self, runs: Sequence[Record]) -> bool:
        """Whether all files of a sequence are there; ``runs`` need names and numbers only."""
        return all((self.folder / name).is_file() for name in self.files(runs))

    def is_whole(self, runs: Sequence[Record], rows: Sequence[int]) -> bool:
        """Whether the files of runs that are there have that many rows; text is counted only."""
        return all(
            _holds(self.folder / name, count)
            for run, count in zip(runs, rows, strict=True)
            for name in self.files([run])
        )


def _holds(path: Path, rows: int) -> bool:
    try:
        data = path.read_bytes().rstrip()
    except OSError:
        return True  # reading it to score says what is wrong
    return len(data.splitlines()) == rows if path.suffix == ".txt" else bool(data)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file under a temporary name and put it in place when it is on disk.

    Raises:
        InputError: it cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
