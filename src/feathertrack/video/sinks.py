"""Where results go: one sink per output, and all of them as one.

A sink is opened before the first frame, so that what cannot be written is known at once, and closed
whatever happens, so that what was tracked is kept. Nothing stands under the final name until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.video.drawing import Draw, draw_result
from feathertrack.video.formats import BOX_FORMATS, BoxFormat, save_rows
from feathertrack.video.formats.boxformat import Rows
from feathertrack.video.frames import Frame, Image
from feathertrack.video.journal import Journal
from feathertrack.video.mp4 import VideoSink
from feathertrack.video.outfiles import prepare, writing
from feathertrack.video.outputs import (
    PICTURES_FORMAT,
    VIDEO_FORMATS,
    OutputSpec,
    check_outputs,
    parse_output,
)
from feathertrack.video.pictures_out import PictureSink
from feathertrack.video.records import ClipInfo, TrackRow, row_of, unicode_name

__all__ = [
    "BoxSink",
    "OutputSpec",
    "Sink",
    "Sinks",
    "check_outputs",
    "draw_frame",
    "open_sink",
    "open_sinks",
    "parse_output",
]


class Sink(Protocol):
    """Takes frames with their results, in the order of tracking."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the output, complete once it is closed."""

    def write(self, frame: Frame, result: Result | None, *, seconds: float | None = None) -> None:
        """Add a frame.

        Args:
            frame: what was read.
            result: what the tracker says of it, None before the first box. Pictures show such
                frames as they are; of the box formats only those with a line per frame have a line.
            seconds: how long the tracker took (GOT-10k writes it down).
        """

    def close(self) -> None:
        """Finish the output; a second call does nothing."""


class BoxSink:
    """Rows into a journal, and at the end from there into a box format."""

    notes: tuple[str, ...] = ()

    def __init__(self, path: Path, *, format: BoxFormat, clip: ClipInfo) -> None:
        self._path = path
        self._format = format
        self._clip = clip
        self._journal = Journal(prepare(path))
        self._closed = self._failed = False

    def write(self, frame: Frame, result: Result | None, *, seconds: float | None = None) -> None:
        """Write the row to disk.

        Raises:
            InputError: it cannot be written; then ``PATH.part`` stays, with every row before.
        """
        self._clip = self._clip.sized(frame.image)
        if result is not None:
            self._append(row_of(frame, result, seconds=seconds))
        elif self._format.every_frame:
            name = unicode_name(frame.name)
            absent = TrackRow(frame=frame.index, time=frame.time, name=name, seconds=seconds)
            self._append(absent)

    def close(self) -> None:
        """Write the file from the journal and drop that; without a row there is no file.

        Raises:
            InputError: it cannot be written; then ``PATH.part`` stays, with every row.
        """
        if self._closed:
            return
        self._closed = True
        self._journal.close()
        if self._failed:
            return
        if self._journal.num_rows:
            rows: Rows = self._journal
            if self._format.by_frame and not self._journal.ascending:
                rows = sorted(self._journal, key=lambda row: row.frame)
            try:
                save_rows(self._path, rows, format=self._format, clip=self._clip)
            except InputError as error:
                raise InputError(f"{error}; every row is in {self._journal.path}") from error
        self._journal.path.unlink(missing_ok=True)

    def _append(self, row: TrackRow) -> None:
        try:
            with writing(self._path):
                self._journal.append(row)
        except InputError as error:
            self._failed = True
            raise InputError(f"{error}; the rows before it are in {self._journal.path}") from error


class Sinks:
    """Several sinks as one; a context manager that closes them all, whatever happens.

    A sink that fails keeps none of the others from writing the same frame, and from being finished.
    """

    def __init__(self, sinks: Iterable[Sink]) -> None:
        self._sinks = tuple(sinks)
        self._failures: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of all of them."""
        return tuple(note for sink in self._sinks for note in sink.notes)

    def write(self, frame: Frame, result: Result | None, *, seconds: float | None = None) -> None:
        """Hand the frame to every sink.

        Raises:
            InputError: it could not be written everywhere; the text names each file that failed.
        """
        failures: list[InputError] = []
        for sink in self._sinks:
            try:
                sink.write(frame, result, seconds=seconds)
            except InputError as error:
                failures.append(error)
        self._failures += map(str, failures)
        _raise(failures, self._failures)

    def close(self) -> None:
        """Close every sink.

        Raises:
            InputError: some could not be finished; the text names these, and those that failed
                before.
        """
        failures: list[InputError] = []
        with ExitStack() as stack:
            for sink in reversed(self._sinks):
                stack.callback(_close, sink, failures)
        _raise(failures, [*self._failures, *map(str, failures)])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _close(sink: Sink, failures: list[InputError]) -> None:
    try:
        sink.close()
    except InputError as error:
        failures.append(error)


def _raise(failures: list[InputError], texts: list[str]) -> None:
    if failures:
        raise InputError("; ".join(dict.fromkeys(texts))) from failures[0]


def open_sink(
    spec: OutputSpec | str, clip: ClipInfo, *, audio: bool = True, draw: Draw | None = None
) -> Sink:
    """Open one output.

    Args:
        spec: what ``parse_output`` returned, or the text itself.
        clip: what is known of the source; a size of 0 is taken from the first frame.
        audio: copy the source's sound into a video.
        draw: what a video or PNG shows of a frame; None draws the result with ``draw_result``.

    Raises:
        InputError: a wrong word, or a place that cannot be written.
    """
    if isinstance(spec, str):
        spec = parse_output(spec)
    draw = draw or draw_frame
    if spec.format in VIDEO_FORMATS:
        container = VIDEO_FORMATS[spec.format]
        return VideoSink(spec.path, container=container, clip=clip, draw=draw, audio=audio)
    if spec.format == PICTURES_FORMAT:
        return PictureSink(spec.path, draw=draw)
    return BoxSink(spec.path, format=BOX_FORMATS[spec.format], clip=clip)


def open_sinks(
    specs: Iterable[OutputSpec | str],
    clip: ClipInfo,
    *,
    audio: bool = True,
    draw: Draw | None = None,
) -> Sinks:
    """Open any number of outputs, or none of them; box files come first, as they cost least.

    Raises:
        InputError: as ``open_sink``; two outputs write one file; one would overwrite the source.
    """
    parsed = [parse_output(spec) if isinstance(spec, str) else spec for spec in specs]
    check_outputs(parsed, source=clip.path, files=clip.files)
    parsed.sort(key=lambda spec: spec.format not in BOX_FORMATS)
    opened: list[Sink] = []
    try:
        for spec in parsed:
            opened.append(open_sink(spec, clip, audio=audio, draw=draw))
    except BaseException:
        Sinks(opened).close()
        raise
    return Sinks(opened)


def draw_frame(frame: Frame, result: Result | None) -> Image:
    """The frame with its result drawn in, and as it is where there is none."""
    return frame.image if result is None else draw_result(frame.image, result)
