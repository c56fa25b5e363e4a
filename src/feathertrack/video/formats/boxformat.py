"""What a box format is, and the text that one is read from."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from feathertrack.errors import InputError
from feathertrack.results import State
from feathertrack.video.records import BoxTuple, ClipInfo, TrackRow

_LARGEST_FILE = 128 * 2**20
_SEPARATOR = re.compile(r"\s*[,;\t]\s*|\s+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.I | re.A)

Rows = Iterable[TrackRow]
"""Rows that can be gone through more than once."""

Numbered = tuple[int, TrackRow]
"""A row with the line that it was read from, 0 where the format has no lines."""

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """What a reader is told besides the file.

    Attributes:
        width: pixels of the frames, for formats in percent; None takes what the file says.
        height: likewise.
        target: id of the target to read from a file that holds several.
        frames: source frame of each row, for formats without frame numbers; None counts from 0.
    """

    width: int | None = None
    height: int | None = None
    target: str | None = None
    frames: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class BoxText:
    """The text of a box file; every error about it is made here."""

    path: Path
    text: str

    def error(self, message: str, *, line: int = 0) -> InputError:
        """An error that begins with the file and, above 0, the line."""
        place = f"{self.path}, line {line}" if line else str(self.path)
        return InputError(f"{place}: {message}")

    def lines(self) -> Iterator[tuple[int, str]]:
        """The lines that are not blank, stripped, with their number from 1."""
        for number, line in enumerate(self.text.splitlines(), start=1):
            if stripped := line.strip():
                yield number, stripped

    def numbers(self, line: str, *, at: int) -> list[float]:
        """The numbers of a line, separated by commas, semicolons, tabs or blanks; NaN is one.

        Raises:
            InputError: a word that is no number.
        """
        words = split(line)
        for word in words:
            if not _NUMBER.fullmatch(word):
                raise self.error(f"{_short(word)} is not a number", line=at)
        return [float(word) for word in words]

    def number(self, value: object, *, what: str, line: int = 0) -> float:
        """A finite number out of a number or a text; an error says ``what`` it was for."""
        number = _float(value)
        if not math.isfinite(number):
            raise self.error(f"{what} {_short(value)} is not a finite number", line=line)
        return number

    def integer(self, value: object, *, what: str, line: int = 0) -> int:
        """A whole number out of a number or a text; an error says ``what`` it was for."""
        number = _float(value)
        if not number.is_integer():
            raise self.error(f"{what} {_short(value)} is not a whole number", line=line)
        return int(number)

    def row(
        self,
        frame: int,
        box: BoxTuple | None,
        *,
        line: int = 0,
        score: float | None = None,
        state: State | None = None,
        time: float | None = None,
        given: bool = False,
        name: str = "",
        seconds: float | None = None,
    ) -> Numbered:
        """A checked row; what is wrong with it is said with the file and the line."""
        try:
            row = TrackRow(
                frame=frame,
                box=box,
                score=score,
                state=state,
                time=time,
                given=given,
                name=name,
                seconds=seconds,
            )
        except InputError as error:
            raise self.error(str(error), line=line) from error
        return line, row

    def pick(self, targets: Mapping[str, _T], *, wanted: str | None) -> _T:
        """The one target of a file, or the wanted one of several.

        Raises:
            InputError: none, several and none wanted, or the wanted one is not there.
        """
        if not targets:
            raise self.error("there is no target in it")
        if wanted is None and len(targets) == 1:
            return next(iter(targets.values()))
        if wanted is not None and wanted in targets:
            return targets[wanted]
        known = ", ".join(list(targets)[:10])
        if wanted is None:
            raise self.error(f"there are {len(targets)} targets in it: choose one of {known}")
        raise self.error(f"there is no target {wanted!r} in it, but {known}")


class TargetsListed(Exception):
    """Ends the reading of a ``Listing``."""

    def __init__(self, targets: Sequence[str]) -> None:
        super().__init__(*targets)
        self.targets = targets


@dataclass(frozen=True, slots=True)
class Listing(BoxText):
    """A text that is read for the ids of its targets only."""

    def pick(self, targets: Mapping[str, _T], *, wanted: str | None) -> _T:
        """End with the ids of all targets.

        Raises:
            TargetsListed: always.
        """
        raise TargetsListed([*targets])


Encode = Callable[[Rows, ClipInfo], Iterator[str]]
Decode = Callable[[BoxText, ReadOptions], Iterator[Numbered]]


@dataclass(frozen=True, kw_only=True, slots=True)
class BoxFormat:
    """A way to write boxes down, and to read them back.

    Attributes:
        name: what it is called in ``--output NAME:PATH``.
        suffix: what its files end in.
        encode: rows and their clip to pieces of text.
        decode: text to rows.
        by_frame: rows are written in the order of their frames, not in the order of tracking.
        every_frame: there is a line for every frame, as lines have no frame numbers.
        companions: further files that belong to one: path and rows to path and text.
    """

    name: str
    suffix: str
    encode: Encode
    decode: Decode
    by_frame: bool = False
    every_frame: bool = False
    companions: Callable[[Path, Rows], dict[Path, Iterator[str]]] = lambda path, rows: {}


def split(line: str) -> list[str]:
    """The words of a line between commas, semicolons, tabs or blanks.

    >>> split("1, 2;3 4")
    ['1', '2', '3', '4']
    """
    return _SEPARATOR.split(line.strip())


def exact(value: float) -> str:
    """The shortest text that reads back as the same number.

    >>> exact(0.1), exact(12.0)
    ('0.1', '12.0')
    """
    return repr(float(value))


def read_text(path: Path) -> BoxText:
    """The text of a box file.

    Raises:
        InputError: no such file, over 128 MiB, or not text in UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"box file {path} cannot be read: {reason}") from error
    if len(data) > _LARGEST_FILE:
        raise InputError(f"box file {path} is over {_LARGEST_FILE >> 20} MiB, too large for boxes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(f"box file {path} is not a text file in UTF-8")
    return BoxText(path, text)


def _float(value: object) -> float:
    """NaN for whatever is no number; Python itself would take True, "1_0" and other scripts."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    return math.nan


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
