"""A video file as a source: exact times, exact frame numbers, backwards if wanted."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing as closing_at_end
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from threading import Event

import av

from feathertrack.errors import SourceError
from feathertrack.video.backwards import backwards
from feathertrack.video.containers import VideoAddress, reason
from feathertrack.video.converting import Converter, is_turned, pixel_aspect
from feathertrack.video.decoding import Decoded
from feathertrack.video.endings import announced_seconds
from feathertrack.video.frames import Frame, SourceInfo
from feathertrack.video.playback import EarlyEnd, play
from feathertrack.video.seeking import frames_from, scan
from feathertrack.video.selection import Selection

SEEK_FROM = 250  # frames; up to there decoding from the start is as quick as finding a key frame
_MAX_FPS = 1000  # above, it is the clock of the container and not a rate of frames


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoFile:
    """A video that can be read from the start any number of times.

    Attributes:
        address: how it is opened.
        info: what its header and its first frame say.
        first_tick: time stamp of the first frame, None where the container has no times.
        time_base: seconds per tick.
        local: it is on a disk, where reading from the middle is cheap.
    """

    address: VideoAddress
    info: SourceInfo
    first_tick: int | None
    time_base: Fraction
    local: bool = True
    decodes: bool = True

    def read(self, selection: Selection, *, closing: Event) -> Iterator[Frame]:
        """Yield the selected frames.

        Raises:
            SourceError: a selected frame is damaged or the file is cut off, after all good
                selected frames before it.
        """
        name, converter, last = self.info.name, Converter(), -1
        try:
            with closing_at_end(self._numbered(selection, closing=closing)) as numbered:
                for number, decoded in numbered:
                    if closing.is_set() or selection.ends_before(number):
                        return
                    if selection.wants(number):
                        yield self._frame(number, decoded, converter)
                    last = max(last, number)
        except EarlyEnd as error:
            where = f"after frame {last}" if last >= 0 else "before its first frame"
            raise SourceError(f"{name} breaks off {where}: {error}") from error
        except av.error.FFmpegError as error:
            raise SourceError(f"{name} cannot be read: {reason(error)}") from error

    def close(self) -> None:
        """Nothing is held between frames."""

    def _numbered(self, selection: Selection, *, closing: Event) -> Generator[tuple[int, Decoded]]:
        if selection.reverse:
            if not self.local:
                raise SourceError(
                    f"{self.info.name} cannot be read backwards over the network; download it"
                )
            yield from backwards(self.address, selection, closing=closing)
            return
        start = selection.start
        if self.local and start >= SEEK_FROM:
            index = scan(self.address, closing=closing, until=start)
            if index is not None:
                selection.check_start(len(index.ticks), name=self.info.name)
                yield from frames_from(self.address, index, start, closing=closing)
                return
        yield from enumerate(play(self.address))

    def _frame(self, number: int, decoded: Decoded, converter: Converter) -> Frame:
        if decoded.frame is None:
            before = f" or stop={number}" if number else ""
            raise SourceError(
                f"frame {number} of {self.info.name} is damaged; leave it out with "
                f"start={number + 1}{before}, or repair the file"
            )
        return Frame(
            image=converter.image(decoded.frame),
            index=number,
            time=self._time(number, decoded.tick),
        )

    def _time(self, number: int, tick: int | None) -> float | None:
        if tick is not None and self.first_tick is not None:
            return float((tick - self.first_tick) * self.time_base)
        return None if self.info.fps is None else float(number / self.info.fps)


def open_file(path: Path) -> VideoFile:
    """Open a video file on a disk.

    Raises:
        SourceError: it is no video, or none of its frames can be decoded.
    """
    # an absolute path has no part before its first slash that could pass for a protocol
    return video_file(VideoAddress(url=str(path.absolute()), name=str(path)), path=path)


def video_file(address: VideoAddress, *, path: Path | None = None) -> VideoFile:
    """Open a video, decode its first frame, and close it again.

    Args:
        address: how to open it.
        path: where it is on a disk, None over the network.

    Raises:
        SourceError: it is no video, or none of its frames can be decoded.
    """
    first_tick, frame = _first_frame(address)
    with address.open() as stream:
        rotated = is_turned(frame)
        width, height = frame.width, frame.height
        fps = frame_rate(stream)
        info = SourceInfo(
            name=address.name,
            width=height if rotated else width,
            height=width if rotated else height,
            fps=fps,
            num_frames=_num_frames(stream, fps),
            path=path,
            pixel_aspect=pixel_aspect(stream, turned=rotated),
        )
        return VideoFile(
            address=address,
            info=info,
            first_tick=first_tick,
            time_base=stream.time_base,
            local=path is not None,
        )


def _first_frame(address: VideoAddress) -> tuple[int | None, av.VideoFrame]:
    """Return the time stamp of frame 0, and the first frame that can be decoded."""
    first_tick = None
    try:
        with closing_at_end(play(address)) as played:
            for decoded in played:
                first_tick = decoded.tick if first_tick is None else first_tick
                if decoded.frame is not None:
                    return first_tick, decoded.frame
        why = "it has no frames"
    except EarlyEnd as error:
        why = str(error)
    raise SourceError(f"no frame of {address.name} can be decoded: {why}")


def frame_rate(stream: av.VideoStream) -> Fraction | None:
    """Average rate of frames, else the one that FFmpeg guesses; None where none makes sense."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < rate <= _MAX_FPS:
            return Fraction(rate)
    return None


def _num_frames(stream: av.VideoStream, fps: Fraction | None) -> int | None:
    """What the container lists or counts, else its duration times the frame rate."""
    if "mp4" in stream.container.format.name.split(",") and stream.frames >= len(
        stream.index_entries
    ):
        return sum(not entry.is_discard for entry in stream.index_entries)
    if stream.container.format.name == "avi" and stream.frames:
        return int(stream.frames)
    for key, text in stream.metadata.items():
        if key.upper().startswith("NUMBER_OF_FRAMES") and text.isdecimal():
            return int(text)
    seconds: float | Fraction | None = announced_seconds(stream)
    if seconds is None and stream.duration:
        seconds = stream.duration * stream.time_base
    if seconds is None and stream.container.duration:
        seconds = Fraction(stream.container.duration, av.time_base)
    return None if fps is None or seconds is None else max(round(seconds * fps), 1)
