"""A video opened: by which name, with what patience, and which of its streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import av

from feathertrack.errors import SourceError
from feathertrack.video.pictures import MAX_PIXELS

# demuxers that make a "video" of any text or binary file
_NO_VIDEO_FORMATS = frozenset({"tty", "bin", "xbin", "adf", "idf", "lavfi"})
# formats that store the order of frames but no time of display; time stamps of H.264 in AVI are
# guesses of the demuxer and run backwards at times
_WITHOUT_TIMES = frozenset({"avi", "h264", "hevc", "m4v", "mpegvideo", "rawvideo"})


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


def has_times(stream: av.VideoStream) -> bool:
    """Whether the container stores the time at which each frame is shown."""
    return stream.container.format.name not in _WITHOUT_TIMES


def _picture_stream(container: av.container.InputContainer, *, name: str) -> av.VideoStream:
    videos = [
        s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic
    ]
    if container.format.name in _NO_VIDEO_FORMATS:
        raise SourceError(f"{name} is no video; it looks like text")
    if not videos:
        kinds = " and ".join(sorted({s.type for s in container.streams})) or "nothing"
        raise SourceError(
            f"{name} holds no video, or was not written to its end; FFmpeg finds {kinds} in it"
        )
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
