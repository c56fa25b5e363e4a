"""Frames that arrive in real time: cameras and network streams."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from threading import Event
from time import monotonic

import av
import cv2

from feathertrack.errors import SourceError
from feathertrack.video.containers import VideoAddress, reason
from feathertrack.video.converting import Converter, pixel_aspect
from feathertrack.video.decoding import Decoder
from feathertrack.video.files import VideoFile, frame_rate, video_file
from feathertrack.video.frames import Frame, SourceInfo
from feathertrack.video.pixels import rgb_uint8
from feathertrack.video.quiet import quiet_opencv
from feathertrack.video.selection import Selection

_SCHEMES = "http https rtmp rtmps rtp rtsp rtsps udp"
STREAM_SCHEMES = frozenset(_SCHEMES.split())


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamPolicy:
    """How patient a network stream is.

    Attributes:
        open_timeout: seconds until an address that does not answer is given up.
        read_timeout: seconds without data after which the connection counts as broken.
        attempts: how often in a row it is opened again before reading ends with an error.
        first_delay: seconds before the first of these; each further one waits twice as long.
    """

    open_timeout: float = 10.0
    read_timeout: float = 10.0
    attempts: int = 5
    first_delay: float = 0.5


def is_stream(text: str) -> bool:
    """Whether the text is a network address that can be read.

    >>> is_stream("rtsp://camera/1"), is_stream("clip.mp4")
    (True, False)
    """
    return text.partition("://")[0].lower() in STREAM_SCHEMES and "://" in text


class Camera:
    """A camera of this machine, by its number; times are those of this machine's clock."""

    decodes = True

    def __init__(self, number: int) -> None:
        self._number = number
        self._capture = _open_camera(number)
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.info = SourceInfo(
            name=f"camera {number}",
            width=int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            height=int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            fps=Fraction(fps).limit_denominator(1001) if 0 < fps <= 1000 else None,
            live=True,
        )

    def read(self, selection: Selection, *, closing: Event) -> Iterator[Frame]:
        """Yield frames until ``selection.stop``, for ever without it.

        Raises:
            SourceError: the camera gives no more frames.
        """
        index, began = 0, monotonic()
        try:
            while not closing.is_set() and not selection.ends_before(index):
                with quiet_opencv():
                    good, image = self._capture.read()
                if not good:
                    raise SourceError(
                        f"{self.info.name} gave no frame {index}: is it still connected?"
                    )
                if index == 0:
                    began = monotonic()
                if selection.wants(index):
                    if image.ndim == 3:
                        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
                    image = rgb_uint8(image, what=f"frame {index} of {self.info.name}")
                    yield Frame(image=image, index=index, time=monotonic() - began)
                index += 1
        finally:
            self.close()

    def close(self) -> None:
        """Give the camera back."""
        self._capture.release()


class NetworkStream:
    """A stream without an end, as an RTSP camera sends it; times are of this machine's clock.

    Damaged frames are counted and left out. A connection that breaks is opened again as the policy
    says, and so is one that ends: a camera that restarts cannot be told from one that is done.
    A plain HTTP stream that ends without an error is done.

    Raises:
        SourceError: the address does not answer, or sends no video.
    """

    decodes = True

    def __init__(self, address: VideoAddress, *, policy: StreamPolicy) -> None:
        self._address = address
        self._policy = policy
        self._connection = ExitStack()
        self._stream = self._connect()
        codec, container = self._stream.codec_context, self._stream.container
        over_http = address.url.lower().startswith("http")
        self.is_file = over_http and (
            container.duration is not None
            or (container.size > 0 and container.format.name != "hls")
        )
        self._may_end = over_http and container.format.name != "mpjpeg"
        self.info = SourceInfo(
            name=address.name,
            width=codec.width,
            height=codec.height,
            fps=frame_rate(self._stream),
            live=True,
            pixel_aspect=pixel_aspect(self._stream, turned=False),
        )

    def read(self, selection: Selection, *, closing: Event) -> Iterator[Frame]:
        """Yield frames until ``selection.stop``, else until the stream cannot be opened again.

        Raises:
            SourceError: the stream broke off for good.
        """
        converter, index, began = Converter(), -1, monotonic()
        try:
            for index, frame in enumerate(self._frames(closing)):
                if closing.is_set() or selection.ends_before(index):
                    return
                if index == 0:
                    began = monotonic()
                if frame is not None and selection.wants(index):
                    yield Frame(image=converter.image(frame), index=index, time=monotonic() - began)
        except _GivenUp as error:
            raise SourceError(
                f"{self.info.name} broke off after frame {index} and could not be opened again "
                f"in {self._policy.attempts} attempts: {error}"
            ) from error
        finally:
            self.close()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _connect(self) -> av.VideoStream:
        self._connection.close()
        # one frame at a time: decoding several at once delays each by as many
        return self._connection.enter_context(self._address.open(one_by_one=True))

    def _frames(self, closing: Event) -> Iterator[av.VideoFrame | None]:
        failures = 0
        while True:
            decoder = Decoder(self._stream)
            for decoded in decoder:
                failures = 0
                yield decoded.frame
            failure = decoder.progress.failure
            if failure is None and self._may_end:
                return
            why = "it ended" if failure is None else reason(failure)
            while True:
                if failures == self._policy.attempts:
                    raise _GivenUp(why)
                if closing.wait(self._policy.first_delay * 2**failures):
                    return
                failures += 1
                try:
                    self._stream = self._connect()
                    break
                except SourceError as error:
                    why = str(error)


class _GivenUp(Exception):
    """A stream could not be opened again; the text says why."""


def network_source(url: str, *, policy: StreamPolicy = StreamPolicy()) -> NetworkStream | VideoFile:
    """Open an address: a file behind HTTP is read like one on disk, everything else is live.

    Raises:
        SourceError: it does not answer, or is no video.
    """
    timeout = (policy.open_timeout, policy.read_timeout)
    options = {"rtsp_transport": "tcp"} if url.lower().startswith("rtsp") else {}
    address = VideoAddress(url=url, name=without_password(url), timeout=timeout, options=options)
    stream = NetworkStream(address, policy=policy)
    if not stream.is_file:
        return stream
    stream.close()
    return video_file(replace(address, options={"reconnect": "1"}))


def without_password(url: str) -> str:
    """Return an address fit for messages.

    >>> without_password("rtsp://me:secret@camera:554/1")
    'rtsp://me:***@camera:554/1'
    """
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:***@", url)


def _open_camera(number: int) -> cv2.VideoCapture:
    """Open a camera without a word from OpenCV where there is none."""
    if sys.platform == "linux" and not Path(f"/dev/video{number}").exists():
        raise _no_camera(number)
    with quiet_opencv():
        capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        capture.release()
        raise _no_camera(number)
    return capture


def _no_camera(number: int) -> SourceError:
    hint = ""
    if sys.platform == "linux":
        there = sorted(int(p.name[5:]) for p in Path("/dev").glob("video*") if p.name[5:].isdigit())
        hint = f": there is {', '.join(map(str, there))}" if there else ": this machine has none"
    return SourceError(f"camera {number} cannot be opened{hint}")
