"""Any program that speaks the TraX protocol as a tracker: ``trax:COMMAND``.

The program is started anew for every target. Most TraX programs in Python follow one target and
end, and a program that is started anew can carry nothing from one target to the next.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
from numpy.typing import ArrayLike

from feathertrack.boxes import Boxes, as_box, check_box_in_frame
from feathertrack.errors import FeathertrackError, InputError, require
from feathertrack.results import Result
from feathertrack.trackers.opencv import to_bgr
from feathertrack.trackers.tracker import NOT_STARTED, Image, check_frame, check_image

_EXTRA = "vot"
_BY_SOCKET = os.name == "nt"  # there a program does not inherit the handles of its parent's pipes


class TraxTracker:
    """A program that speaks TraX, as a tracker.

    It gets the frames in the first of these forms that it takes: pixels in memory, a PNG in memory,
    the path of a PNG. Its answer may be a rectangle, a polygon or a mask, whose bounding box is
    taken; any other answer means that the target is lost. Its property ``confidence`` is the score.

    Args:
        command: the command line, as in a shell but without one.
        timeout: seconds that the program may take to start and for each frame.

    Raises:
        MissingExtra: vot-trax is not installed.
    """

    is_deterministic = False
    init_starts_program = True  # so its seconds are not those of a frame

    def __init__(self, command: str, *, timeout: float = 120.0) -> None:
        self.command = command
        self.timeout = timeout
        self.session: _Session | None = None
        self._trax = require("trax", extra=_EXTRA)
        require("trax.client", extra=_EXTRA)  # becomes an attribute of it

    def check(self) -> None:
        """Start the program and end it again, to see that it greets as TraX programs do.

        Raises:
            InputError: no such program.
            FeathertrackError: it ended, or said nothing in time.
        """
        _Session(self._trax, self.command, timeout=self.timeout).close()

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start the program on an RGB uint8 image (H, W, 3) with a box (x, y, w, h).

        Raises:
            InputError: no such program, or an image or box that cannot be used.
            FeathertrackError: the program ended, failed, or took too long.
        """
        box_xywh = as_box(box)
        height, width = check_image(image).shape[:2]
        check_box_in_frame(box_xywh, width=width, height=height)
        self.close()
        self.shape, self.box = image.shape, box_xywh
        self.session = _Session(self._trax, self.command, timeout=self.timeout)
        self.session.initialize(image, box_xywh)

    def update(self, image: Image) -> Result:
        """What the program says of the next image.

        Raises:
            InputError: there is no target, or the image has another shape than the first.
            FeathertrackError: the program ended, failed, or took too long.
        """
        if self.session is None:
            raise InputError(NOT_STARTED)
        check_frame(image, self.shape)
        answer = self.session.frame(image)
        box_xywh = bounds(answer[0][0]) if answer else None
        if box_xywh is None:
            return Result(box=self.box, score=0.0, state="lost")
        self.box = box_xywh
        return Result(box=box_xywh, score=_score(answer[0][1]), state="tracking")

    def close(self) -> None:
        """End the program; it is also ended when the tracker is forgotten."""
        if self.session is not None:
            self.session.close()
            self.session = None


class _Session:
    """One run of the program."""

    def __init__(self, trax: Any, command: str, *, timeout: float) -> None:
        self.trax = trax
        self.command = command
        self.timeout = timeout
        self.folder = tempfile.TemporaryDirectory(prefix="feathertrack-trax-")
        self.errors: IO[bytes] = (Path(self.folder.name) / "stderr.txt").open("w+b")
        self.path: Path | None = None
        self.count = 0
        with contextlib.ExitStack() as started:
            started.callback(self.folder.cleanup)
            started.callback(self.errors.close)
            listening = _listen() if _BY_SOCKET else None
            if listening is not None:
                started.callback(listening.close)
            self.process = _start(command, listening, self.errors)
            clients: list[Any] = []
            self.end = weakref.finalize(self, _end, clients, self.process, self.errors, self.folder)
            started.pop_all()
        try:
            with self._watched("did not start"):
                self.client = self._connect(listening)
            clients.append(self.client)
        finally:
            if listening is not None:
                listening.close()

    def _connect(self, listening: socket.socket | None) -> Any:
        stream: Any
        if listening is None:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            stream = (self.process.stdin.fileno(), self.process.stdout.fileno())
        else:
            stream = listening.fileno()
        # vot-trax 4.0.2 fails without a log
        return self.trax.client.Client(
            stream, timeout=max(1, round(self.timeout)), log=lambda message: None
        )

    def initialize(self, image: Image, box_xywh: Boxes) -> None:
        with self._watched("failed at the first frame"):
            region = region_of(self.trax, box_xywh, self.client.region_formats, image.shape)
            self.client.initialize({"color": self._send(image)}, [(region, {})], {})

    def frame(self, image: Image) -> list[tuple[Any, Mapping[str, str]]]:
        self.count += 1
        with self._watched(f"failed at frame {self.count}"):
            answer: list[tuple[Any, Mapping[str, str]]]
            answer, _ = self.client.frame({"color": self._send(image)}, {}, [])
            return answer

    def close(self) -> None:
        self.end()

    def _send(self, image: Image) -> Any:
        """The frame in a form that the program takes; pixels are exact in each."""
        formats = self.client.image_formats
        if "memory" in formats:
            return self.trax.MemoryImage.create(image)
        png = cv2.imencode(".png", to_bgr(image), [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
        if "buffer" in formats:
            return self.trax.BufferImage.create(png)
        if "path" not in formats:
            raise FeathertrackError(
                f"program {self.command!r} takes frames only as {', '.join(formats) or 'nothing'}"
            )
        before, self.path = self.path, Path(self.folder.name) / f"{self.count:08d}.png"
        self.path.write_bytes(png)
        if before is not None and before != self.path:
            before.unlink(missing_ok=True)
        return self.trax.FileImage.create(str(self.path))

    @contextlib.contextmanager
    def _watched(self, what: str) -> Iterator[None]:
        """End the program if it takes too long; turn its failure into one sentence."""
        too_long = threading.Event()

        def stop() -> None:
            too_long.set()
            self.process.kill()

        timer = threading.Timer(self.timeout, stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        except self.trax.TraxException as error:
            reason = (
                f"no answer within {self.timeout:g} s" if too_long.is_set() else self._reason(error)
            )
            self.end()
            raise FeathertrackError(f"program {self.command!r} {what}: {reason}") from error
        finally:
            timer.cancel()

    def _reason(self, error: Exception) -> str:
        """The last line that the program wrote to stderr, else what TraX says."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=2)
        self.errors.seek(0)
        lines = self.errors.read()[-4000:].decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        ended = self.process.returncode
        return last or (f"it ended with status {ended}" if ended is not None else str(error))


def bounds(region: Any) -> Boxes | None:
    """The bounding box (x, y, w, h) of a TraX region; None for one that has no area."""
    box: tuple[float, float, float, float] | None = None
    if region.type == "rectangle":
        box = region.bounds()
    elif region.type == "polygon":
        corners = np.array([region.get(i) for i in range(region.size())], dtype=np.float64)
        box = (*corners.min(axis=0), *np.ptp(corners, axis=0))
    elif region.type == "mask":
        mask = np.asarray(region.array(normalize=True))
        rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
        if rows.size:
            left, right, top, bottom = columns[0], columns[-1], rows[0], rows[-1]
            box = (float(left), float(top), float(right - left + 1), float(bottom - top + 1))
    if box is None or not np.isfinite(box).all() or box[2] <= 0 or box[3] <= 0:
        return None
    return np.array(box, dtype=np.float64)


def region_of(trax: Any, box_xywh: Boxes, formats: list[str], shape: tuple[int, ...]) -> Any:
    """A box in the first of these forms that a program takes: rectangle, polygon, mask."""
    x, y, w, h = box_xywh.tolist()
    if "rectangle" in formats:
        return trax.Rectangle.create(x, y, w, h)
    if "polygon" in formats:
        return trax.Polygon.create([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
    mask = np.zeros(shape[:2], np.uint8)
    left, top = max(round(x), 0), max(round(y), 0)
    mask[top : max(round(y + h), top + 1), left : max(round(x + w), left + 1)] = 1
    return trax.Mask.create(mask)


def _score(properties: Mapping[str, str]) -> float:
    try:
        score = float(properties.get("confidence", 1.0))
    except ValueError:
        return 1.0
    return min(max(score, 0.0), 1.0) if np.isfinite(score) else 1.0


def _listen() -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", 0))
    listening.listen(1)
    return listening


def _start(
    command: str, listening: socket.socket | None, errors: IO[bytes]
) -> subprocess.Popen[bytes]:
    """The program, its pipes being the stream unless there is a socket."""
    environment = dict(os.environ)
    environment.pop("TRAX_SOCKET", None)
    if listening is not None:
        environment["TRAX_SOCKET"] = str(listening.getsockname()[1])
    pipe = subprocess.PIPE if listening is None else subprocess.DEVNULL
    words = shlex.split(command, posix=os.name != "nt")
    try:
        return subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=errors, env=environment)
    except OSError as error:
        raise InputError(
            f"program {words[0]!r} cannot be started: {error.strerror or error}"
        ) from error


def _end(
    clients: list[Any],
    process: subprocess.Popen[bytes],
    errors: IO[bytes],
    folder: tempfile.TemporaryDirectory[str],
) -> None:
    """Say goodbye, let the program end by itself for a moment, then end it.

    vot-trax writes to its stream once more when its handle goes, so that must go before the stream
    is closed: afterwards the same number may be another file.
    """
    for client in clients:
        if process.poll() is None:
            with contextlib.suppress(Exception):
                client.quit()
        client._handle = None
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    errors.close()
    folder.cleanup()
