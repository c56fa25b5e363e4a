"""Small clips whose frames carry their number as bars, so that any codec keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from feathertrack.errors import SourceError
from feathertrack.video.frames import Image
from feathertrack.video.opening import open_source

NUM_BITS = 10
HEIGHT, WIDTH = 48, 8 * NUM_BITS


def numbered(number: int, *, height: int = HEIGHT, width: int = WIDTH) -> Image:
    """Ten upright bars, light where the bit of the number is set; RGB (height, width, 3)."""
    bits = np.array([number >> bit & 1 for bit in range(NUM_BITS)], np.uint8)
    bars = np.where(bits == 1, 220, 30).astype(np.uint8)
    row = np.repeat(bars, -(-width // NUM_BITS))[:width]
    return np.repeat(np.broadcast_to(row, (height, width))[..., None], 3, axis=2).copy()


def number_of(image: Image) -> int:
    """The number of a frame that a codec or a turn by 180 degrees has not made unreadable."""
    columns = np.linspace(0, image.shape[1], NUM_BITS, endpoint=False) + image.shape[1] / 20
    light = image[image.shape[0] // 2, columns.astype(int), 1] > 125
    return int(sum(1 << bit for bit in range(NUM_BITS) if light[bit]))


def write_clip(
    path: Path,
    num_frames: int = 12,
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    gop: int = 12,
    rate: int = 10,
    times: Iterable[int] | None = None,
    options: dict[str, str] | None = None,
    container: dict[str, str] | None = None,
    sound: tuple[str, float] | None = None,
) -> Path:
    """Write numbered frames; ``times`` in hundredths of a second make the rate variable.

    ``sound`` is a codec and the seconds of silence that go with the frames.
    """
    with av.open(str(path), "w", options=container or {}) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = WIDTH, HEIGHT, pix_fmt, gop
        stream.options = options or {}
        silent = None if sound is None else out.add_stream(sound[0], rate=48000, layout="mono")
        if times is not None:
            stream.codec_context.time_base = stream.time_base = Fraction(1, 100)
        for number, tick in zip(range(num_frames), times or range(num_frames), strict=False):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            frame.pts = tick
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if silent is not None and sound is not None:
            _write_silence(out, silent, seconds=sound[1])
    return path


def _write_silence(
    out: av.container.OutputContainer, stream: av.AudioStream, *, seconds: float
) -> None:
    for block in range(int(seconds * 48000 / 1024)):
        silence = np.zeros((1, 1024), np.int16)
        frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48000, block * 1024
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def write_pictures(folder: Path, names: Iterable[str]) -> Path:
    """Write numbered pictures under the names given, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        assert cv2.imwrite(str(folder / name), numbered(number))
    return folder


def read_until_error(spec: object, **options: object) -> tuple[list[int], str]:
    """Numbers of the frames that came, and the text of the error that ended them."""
    indices: list[int] = []
    try:
        with open_source(spec, **options) as source:  # type: ignore[arg-type]
            for frame in source:
                indices.append(frame.index)
    except SourceError as error:
        return indices, str(error)
    return indices, ""
