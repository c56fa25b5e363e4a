"""One picture file becomes RGB uint8."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.errors import SourceError
from feathertrack.video.frames import Image
from feathertrack.video.headers import may_have_alpha, picture_size
from feathertrack.video.pixels import rgb_uint8
from feathertrack.video.quiet import quiet_opencv

_PICTURES = ".avif .bmp .dib .jp2 .jpe .jpeg .jpg .pbm .pgm .png .pnm .ppm .tif .tiff .webp"
PICTURE_SUFFIXES = frozenset(_PICTURES.split())
MAX_PIXELS = 2**27  # 16384 x 8192, 400 MB as RGB: more than any camera gives, less than a bomb
MAX_BYTES = 2**30

_PLAIN = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH  # turned by EXIF, 16 bits kept, alpha dropped


def is_picture(path: Path) -> bool:
    """Whether the suffix is one of a picture that can be read."""
    return path.suffix.lower() in PICTURE_SUFFIXES


class StoredPicture(Protocol):
    """A picture that is not a file of its own, such as a frame of a video."""

    @property
    def name(self) -> str:
        """What to call it."""

    def exists(self) -> bool:
        """Whether the file that holds it is there."""

    def read(self) -> Image:
        """RGB uint8 (H, W, 3)."""


def read_picture(path: Path | StoredPicture, *, what: str = "") -> Image:
    """Read a picture as RGB uint8 (H, W, 3), turned as its EXIF orientation says.

    Grey is repeated, alpha laid over black, 16 bits scaled by the full range (a picture that uses
    only 10 or 12 of its 16 bits comes out dark); palettes and CMYK are converted. EXIF is not
    looked at in a picture with alpha.

    Args:
        path: the file, or something that reads itself.
        what: the name of the picture in error messages, its path if empty.

    Raises:
        SourceError: no such file, no picture, cut off, more than ``MAX_PIXELS``, or values that
            are neither 8 nor 16 bits.
    """
    if not isinstance(path, Path):
        return path.read()
    what = what or str(path)
    data = _read_bytes(path, what=what)
    size = picture_size(data)
    if size and size[0] * size[1] > MAX_PIXELS:
        raise SourceError(
            f"{what} announces {size[0]}x{size[1]} pixels; at most {MAX_PIXELS:,} are read: "
            f"scale it down"
        )
    pixels = _decode(data)
    if pixels is None:
        raise SourceError(
            f"{what} is no picture that can be read: it is damaged, cut off or of another format"
        )
    if pixels.dtype not in (np.uint8, np.uint16):
        raise SourceError(
            f"{what} holds {pixels.dtype} values; save it with 8 or 16 bits per channel"
        )
    if pixels.ndim == 3 and pixels.shape[2] >= 3:
        code = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        pixels = cv2.cvtColor(pixels, code)
    return rgb_uint8(pixels, what=what)


def _read_bytes(path: Path, *, what: str) -> bytes:
    try:
        if not path.is_file():
            path.stat()  # says why: nothing there, or not ours to look at
            raise SourceError(f"{what} is no file")
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(
                f"{what} has {path.stat().st_size:,} bytes; at most {MAX_BYTES:,} are read"
            )
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{what} cannot be read: {error.strerror or error}") from error
    if not data:
        raise SourceError(f"{what} is empty (0 bytes)")
    return data


def _decode(data: bytes) -> NDArray[Any] | None:
    buffer = np.frombuffer(data, np.uint8)
    with quiet_opencv():
        try:
            if may_have_alpha(data):
                pixels = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
                if pixels is None or (pixels.ndim == 3 and pixels.shape[2] in (2, 4)):
                    return pixels
            return cv2.imdecode(buffer, _PLAIN)
        except cv2.error:
            return None
