"""Video files: H.264 that a browser plays, the time of every frame, the sound of the source.

While it grows, the file is a fragmented MP4 called ``PATH.part``, whole up to its last fragment of
one second whenever the process dies. Closing it copies the pictures, without encoding them again,
and the sound into ``PATH`` with its index at the front.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.video.containers import reason
from feathertrack.video.drawing import Draw
from feathertrack.video.frames import Frame, Image
from feathertrack.video.outfiles import prepare
from feathertrack.video.records import ClipInfo
from feathertrack.video.remux import Span, address, has_sound, remux

_PICTURES_PER_SECOND = Fraction(25)
"""For sources without a clock, such as folders of pictures."""

_FINEST_TICK = 90_000
_FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
_X264 = {
    "preset": "veryfast",
    "crf": "20",
    "bf": "0",  # frames leave in the order in which they came, so the file may end anywhere
}
_BT709 = 1


def time_base_for(fps: Fraction) -> Fraction:
    """A tick in which a frame lasts a whole number, and fine enough for a variable frame rate.

    >>> time_base_for(Fraction(30000, 1001))
    Fraction(1, 120000)
    """
    ticks = fps.numerator
    if not 0 < ticks <= 10_000_000:
        return Fraction(1, _FINEST_TICK)
    while ticks < _FINEST_TICK:
        ticks *= 2
    return Fraction(1, ticks)


def even_sized(image: Image) -> Image:
    """The image with its last row and column repeated where a side is odd, as H.264 needs."""
    height, width = image.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return image
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


class VideoSink:
    """Frames with the result drawn in, as one video file."""

    def __init__(
        self, path: Path, *, container: str, clip: ClipInfo, draw: Draw, audio: bool = True
    ) -> None:
        self.notes: tuple[str, ...] = ()
        self._path = path
        self._container = container
        self._draw = draw
        self._audio = clip.path if audio and clip.path and has_sound(clip.path) else None
        if self._audio is not None and (clip.step != 1 or clip.reverse):
            self._audio = None
            self.notes = (f"{path}: no sound, as frames were left out or reversed",)
        fps = clip.fps if clip.fps is not None and clip.fps > 0 else _PICTURES_PER_SECOND
        self._rate = fps / max(clip.step, 1)
        self._tick = time_base_for(fps)
        self._pixel_aspect = clip.pixel_aspect
        self._frame_ticks = max(round(1 / (self._rate * self._tick)), 1)
        self._start: float | None = None
        self._end: float | None = None
        self._last_pts = -1
        self._size: tuple[int, ...] = ()
        self._part = prepare(path)
        self._file: Any = None
        self._stream: Any = None
        self._closed = self._failed = False

    def write(self, frame: Frame, result: Result | None, *, seconds: float | None = None) -> None:
        """Draw and encode one frame.

        Raises:
            InputError: its size is not that of the first frame, or the disk is full.
        """
        image = self._draw(frame, result)
        if self._file is None:
            self._open(image)
        elif image.shape != self._size:
            raise InputError(
                f"frame {frame.index} is {image.shape[1]} x {image.shape[0]} pixels, but the video "
                f"{self._path} has {self._size[1]} x {self._size[0]}: write a folder of PNG instead"
            )
        picture = av.VideoFrame.from_ndarray(even_sized(image), format="rgb24")
        picture = picture.reformat(
            format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
        )
        picture.pts = self._pts(frame)
        picture.time_base = self._tick
        self._mux(picture)

    def close(self) -> None:
        """Finish the file; without a frame there is none.

        Raises:
            InputError: it cannot be written; then ``PATH.part`` stays, and plays.
        """
        if self._closed:
            return
        self._closed = True
        if self._file is None:
            if not self._failed:
                self._part.unlink(missing_ok=True)
            return
        if self._failed:
            self._let_go()
            return
        try:
            self._mux(None)
            with self._naming():
                self._file.close()
        finally:
            self._let_go()
        span = None if self._start is None else Span(self._start, self._sound_end())
        sound = self._audio if span is not None else None
        try:
            note = remux(self._part, self._path, container=self._container, sound=sound, span=span)
        except (OSError, av.FFmpegError) as error:
            raise InputError(
                f"video {self._path} cannot be finished: {reason(error)}; "
                f"what was written is {self._part}"
            ) from error
        self.notes += (f"{self._path}: {note}",) if note else ()
        self._part.unlink(missing_ok=True)

    def _open(self, image: Image) -> None:
        self._size = image.shape
        with self._naming():
            self._file = av.open(address(self._part), "w", format="mp4", options=_FRAGMENTED)
        stream = self._file.add_stream("libx264", rate=self._rate)
        stream.height, stream.width = even_sized(image).shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.time_base = self._tick
        context = stream.codec_context
        context.time_base = self._tick
        context.gop_size = min(max(round(self._rate), 1), 250)  # a fragment a second
        context.options = _X264
        context.sample_aspect_ratio = self._pixel_aspect
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = 1  # limited, as every player expects
        self._stream = stream

    def _pts(self, frame: Frame) -> int:
        """Ticks since the first frame; time goes forward even where the frames go backward."""
        pts = self._last_pts + self._frame_ticks if self._last_pts >= 0 else 0
        if frame.time is not None:
            if self._last_pts < 0:
                self._start = frame.time
            if self._start is not None:
                pts = round(abs(frame.time - self._start) / self._tick)
            self._end = frame.time
        self._last_pts = max(pts, self._last_pts + 1)
        return self._last_pts

    def _sound_end(self) -> float:
        assert self._end is not None, "a start has an end"
        return self._end + float(self._frame_ticks * self._tick)

    def _mux(self, picture: Any) -> None:
        with self._naming():
            for packet in self._stream.encode(picture):
                packet.duration = self._frame_ticks
                self._file.mux(packet)

    def _let_go(self) -> None:
        with suppress(OSError, av.FFmpegError):  # an error before has been told
            self._file.close()

    @contextmanager
    def _naming(self) -> Iterator[None]:
        """Name the file, and what is left of it, in the errors of the system and of FFmpeg."""
        try:
            yield
        except (OSError, av.FFmpegError) as error:
            self._failed = True
            raise InputError(
                f"output {self._path} cannot be written: {reason(error)}; "
                f"the pictures before it are in {self._part}"
            ) from error
