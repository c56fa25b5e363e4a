"""A program that speaks TraX while it follows one target: started, spoken to, ended."""

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

from feathertrack.boxes import Boxes
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.trackers.opencv import to_bgr
from feathertrack.trackers.tracker import Image
from feathertrack.trackers.trax_regions import region_of

_BY_SOCKET = os.name == "nt"  # there a program does not inherit the handles of its parent's pipes


class TraxSession:
    """One run of a program that speaks TraX, from its start to its end.

    Args:
        trax: the module.
        command: the command line.
        timeout: seconds that the program may take to start and for each frame.

    Raises:
        InputError: no such program.
        FeathertrackError: it ended, or said nothing in time.
    """

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
        """Send the first frame and its box (x, y, w, h).

        Raises:
            FeathertrackError: the program ended, failed, or took too long.
        """
        with self._watched("failed at the first frame"):
            region = region_of(self.trax, box_xywh, self.client.region_formats, image.shape)
            self.client.initialize({"color": self._send(image)}, [(region, {})], {})

    def frame(self, image: Image) -> list[tuple[Any, Mapping[str, str]]]:
        """Send a frame; return the regions and properties that the program answers with.

        Raises:
            FeathertrackError: the program ended, failed, or took too long.
        """
        self.count += 1
        with self._watched(f"failed at frame {self.count}"):
            answer: list[tuple[Any, Mapping[str, str]]]
            answer, _ = self.client.frame({"color": self._send(image)}, {}, [])
            return answer

    def close(self) -> None:
        """End the program; a second time does nothing."""
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
