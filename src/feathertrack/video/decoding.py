"""Frames of one open video in the order they are shown, with what could not be decoded."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from feathertrack.errors import SourceError
from feathertrack.video.frames import Image
from feathertrack.video.pictures import MAX_PIXELS
from feathertrack.video.pixels import over_black

# demuxers that make a "video" of any text or binary file
_NO_VIDEO_FORMATS = frozenset({"tty", "bin", "xbin", "adf", "idf", "lavfi"})
# formats that store the order of frames but no time of display; time stamps of H.264 in AVI are
# guesses of the demuxer and run backwards at times
_WITHOUT_TIMES = frozenset({"avi", "h264", "hevc", "m4v", "mpegvideo", "rawvideo"})


class Decoded(NamedTuple):
    """One frame of a video.

    Attributes:
        tick: time of display in units of the stream's time base, None where there is none.
        frame: what was decoded, None where the data are damaged.
    """

    tick: int | None
    frame: av.VideoFrame | None


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoAddress:
    """How a video is opened, again and again if need be.

    Attributes:
        url: path or network address.
        name: what to call it in messages.
        timeout: seconds to open and to wait for data, None for files.
        options: options of FFmpeg's protocol and demuxer.
    """

    url: str
    name: str
    timeout: tuple[float, float] | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def open(self, *, one_by_one: bool = False) -> Iterator[av.VideoStream]:
        """Open the container and choose its main picture stream; closes it in the end.

        Args:
            one_by_one: decode a frame at a time, else several at once where the container has
                the times that put them and their errors in order.

        Raises:
            SourceError: it cannot be opened, or holds no video of a sensible size.
        """
        try:
            container = av.open(
                self.url, options=dict(self.options), timeout=self.timeout, metadata_errors="ignore"
            )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise SourceError(
                f"{self.name} cannot be opened as a video: {reason(error)}"
            ) from error
        try:
            stream = _picture_stream(container, name=self.name)
            stream.thread_type = "AUTO" if has_times(stream) and not one_by_one else "SLICE"
            yield stream
        finally:
            container.close()


def reason(error: BaseException) -> str:
    """Return the words of an error of FFmpeg or of the system, without numbers and addresses."""
    if isinstance(error, av.error.ExitError):
        return "no data came in time"
    if isinstance(error, av.error.InvalidDataError):
        return "it is of another kind, damaged, or was not written to its end"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words)[:1].lower() + str(words)[1:]


@dataclass(slots=True)
class Progress:
    """How far the packets of a file could be read.

    Attributes:
        last: decoding time stamp of the last whole packet, its time of display where it has none.
        longest_gap: largest step from one such time stamp to the next.
        failure: the error that ended reading before the end of the file.
    """

    last: int | None = None
    longest_gap: int = 0
    failure: Exception | None = None

    def note(self, packet: av.Packet) -> None:
        """Take account of a whole packet."""
        tick = packet.pts if packet.dts is None else packet.dts
        if tick is None:
            return
        if self.last is not None:
            self.longest_gap = max(self.longest_gap, tick - self.last)
        self.last = tick


class Decoder:
    """Decode an open stream from where it stands; iterate once.

    A packet that the decoder refuses becomes a ``Decoded`` without a frame, at its place in the
    order of display. FFmpeg decodes several frames at once and reports an error late, so the place
    is found from the time stamps: it is the packet whose frame never came.

    Attributes:
        unseen: after the end, time stamps of packets whose frames did not come.
        num_damaged: after the end, how many of these were refused.
        last_tick: time stamp of the last frame.
        keys: time stamps of the latest key frames.
        progress: how far the packets reach.
    """

    def __init__(self, stream: av.VideoStream) -> None:
        self._stream = stream
        self._timed = has_times(stream)
        self.unseen: list[int] = []
        self.num_damaged = 0
        self.last_tick: int | None = None
        self.keys: deque[int] = deque(maxlen=16)
        self.progress = Progress()

    def __iter__(self) -> Iterator[Decoded]:
        for packet in self._packets():
            for frame in self._decode(packet):
                yield from self._in_order(frame)

    def _packets(self) -> Iterator[av.Packet]:
        """Packets of the stream; the last one is empty and makes the decoder give what it holds."""
        try:
            yield from self._stream.container.demux(self._stream)
        except (av.error.FFmpegError, OSError) as error:
            self.progress.failure = error
            yield av.Packet()

    def _decode(self, packet: av.Packet) -> list[av.VideoFrame]:
        at_end = packet.size == 0 and packet.dts is None
        if packet.size == 0 and not at_end:
            return []  # a frame that was dropped when the file was written; to the decoder, an end
        tick = packet.pts if self._timed else packet.dts
        if tick is not None and not packet.is_discard:
            heapq.heappush(self.unseen, tick)
            if packet.is_keyframe:
                self.keys.append(tick)
        if packet.is_corrupt:  # cut off: the decoder would lose the frames it holds with this one
            self.num_damaged += 1
            return []
        self.progress.note(packet)
        try:
            frames: list[av.VideoFrame] = self._stream.codec_context.decode(
                None if at_end else packet
            )
        except (av.error.FFmpegError, EOFError):
            self.num_damaged += 1
            return []
        return frames

    def _in_order(self, frame: av.VideoFrame) -> Iterator[Decoded]:
        """Yield what is missing before the frame, then the frame."""
        if not self._timed:
            while self.num_damaged:  # errors come in order here: nothing is shown out of it
                yield Decoded(self._pop(), None)
                self.num_damaged -= 1
            tick = self._pop()
        else:
            tick = frame.pts
            while self.unseen and tick is not None and self.unseen[0] < tick:
                missing = heapq.heappop(self.unseen)
                if self.num_damaged:
                    self.num_damaged -= 1
                    yield Decoded(missing, None)
            if self.unseen and (tick is None or self.unseen[0] == tick):
                heapq.heappop(self.unseen)
        self.last_tick = tick
        yield Decoded(tick, None if frame.is_corrupt else frame)

    def _pop(self) -> int | None:
        return heapq.heappop(self.unseen) if self.unseen else None


def has_times(stream: av.VideoStream) -> bool:
    """Whether the container stores the time at which each frame is shown."""
    return stream.container.format.name not in _WITHOUT_TIMES


class Converter:
    """Turn decoded frames into images; one converter serves one thread.

    Matrix and range of the colours are those of the frame (BT.601 where it says nothing); the
    pixels are those of ``cv2.VideoCapture``. High dynamic range is not tone-mapped.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()  # shared by all frames: setting one up takes longer

    def image(self, frame: av.VideoFrame) -> Image:
        """Return RGB uint8 (H, W, 3), turned and mirrored as the video's display matrix says.

        A transparent frame is laid over black.
        """
        transparent = any(component.is_alpha for component in frame.format.components)
        layout = "rgba" if transparent else "rgb24"
        # threads: one for each core is what PyAV takes, and costs more than the work itself
        converted = self._reformatter.reformat(frame, format=layout, threads=1)
        image: Image = converted.to_ndarray()
        if converted is frame:
            image = image.copy()  # the decoder may still build the next frames on these pixels
        if transparent:
            image = over_black(image)
        if frame.side_data:
            image = _turned(image, frame)
        return np.ascontiguousarray(image)


def is_turned(frame: av.VideoFrame) -> bool:
    """Whether width and height change places when the frame is shown."""
    matrix = _display_matrix(frame)
    return matrix is not None and abs(matrix[0]) < abs(matrix[1])


def pixel_aspect(stream: av.VideoStream, *, turned: bool) -> Fraction:
    """Width of a pixel divided by its height as shown, 1 where the video says nothing."""
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    return 1 / aspect if turned else aspect


def _turned(image: Image, frame: av.VideoFrame) -> Image:
    """Apply the display matrix (x, y) -> (a x + c y, b x + d y), signs and exchange only."""
    matrix = _display_matrix(frame)
    if matrix is None:
        return image
    a, b, c, d = matrix
    if abs(a) < abs(b):
        image, a, d = image.transpose(1, 0, 2), c, b
    return image[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


def _display_matrix(frame: av.VideoFrame) -> tuple[int, int, int, int] | None:
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d = np.frombuffer(data, np.int32)[:5].tolist()
            return a, b, c, d
    return None


def _picture_stream(container: av.container.InputContainer, *, name: str) -> av.VideoStream:
    videos = [
        s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic
    ]
    if container.format.name in _NO_VIDEO_FORMATS:
        raise SourceError(f"{name} is no video; it looks like text")
    if not videos:
        kinds = " and ".join(sorted({s.type for s in container.streams})) or "nothing"
        raise SourceError(f"{name} holds no video; FFmpeg finds {kinds} in it")
    best = container.streams.best("video")
    stream = best if best in videos else videos[0]
    codec = stream.codec_context
    if codec is None:
        raise SourceError(f"{name} is coded in a way that this FFmpeg has no decoder for")
    if codec.width * codec.height > MAX_PIXELS:
        raise SourceError(
            f"{name} announces frames of {codec.width}x{codec.height}; "
            f"at most {MAX_PIXELS:,} pixels are read: scale it down"
        )
    codec.options = {"max_pixels": str(MAX_PIXELS)}
    return stream
