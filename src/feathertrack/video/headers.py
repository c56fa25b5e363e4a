"""Width and height from the first bytes of a picture file, before anything is decoded.

A file of a few kilobytes can announce a picture of many gigabytes; these numbers are looked at
first. Formats: the PNG, JPEG, TIFF 6, WebP, BMP, Netpbm, JPEG 2000 and AVIF specifications.
"""

from __future__ import annotations

import re
import struct

_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the SOF markers
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_NETPBM = re.compile(rb"P[1-6](?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)")
_TIFF_TYPES = {3: "H", 4: "I"}


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Return (width, height) as the file stores them, None where the format is not known.

    >>> picture_size(b"P6 640 480 255 ")
    (640, 480)
    """
    try:
        return _size(data)
    except (struct.error, IndexError, ValueError):
        return None  # cut off within its header: the decoder will say so


def may_have_alpha(data: bytes) -> bool:
    """Whether decoding has to ask for an alpha channel; False for what certainly has none."""
    if data.startswith(b"\x89PNG"):
        kind = data[25] if len(data) > 25 else 0
        return kind in (4, 6) or b"tRNS" in data[: max(data.find(b"IDAT"), 0)]
    return not data.startswith((b"\xff\xd8", b"BM", *(b"P%d" % i for i in range(1, 7))))


def _size(data: bytes) -> tuple[int, int] | None:
    if data.startswith(b"\x89PNG"):
        return _pair(">II", data, 16)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith((b"II*\0", b"MM\0*")):
        return _tiff(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data.startswith(b"BM"):
        width, height = _pair("<ii", data, 18)
        return width, abs(height)
    if match := _NETPBM.match(data[:4096]):
        return int(match[1]), int(match[2])
    if data[4:8] == b"jP  ":
        height, width = _pair(">II", data, data.index(b"ihdr") + 4)
        return width, height
    if data[4:8] == b"ftyp" and b"ispe" in data[:65536]:
        return _pair(">II", data, data.index(b"ispe") + 8)
    return None


def _pair(layout: str, data: bytes, offset: int) -> tuple[int, int]:
    first, second = struct.unpack_from(layout, data, offset)
    return int(first), int(second)


def _jpeg(data: bytes) -> tuple[int, int] | None:
    position = 2
    while position < len(data):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker in _JPEG_SIZES:
            height, width = _pair(">HH", data, position + 5)
            return width, height
        if marker == 0xFF:  # fill byte
            position += 1
        elif marker in _JPEG_BARE:
            position += 2
        else:
            position += 2 + int(struct.unpack_from(">H", data, position + 2)[0])
    return None


def _tiff(data: bytes) -> tuple[int, int] | None:
    order = "<" if data.startswith(b"II") else ">"
    (directory,) = struct.unpack_from(f"{order}I", data, 4)
    (num_tags,) = struct.unpack_from(f"{order}H", data, directory)
    values: dict[int, int] = {}
    for i in range(num_tags):
        offset = directory + 2 + 12 * i
        tag, kind, _ = struct.unpack_from(f"{order}HHI", data, offset)
        if tag in (256, 257) and kind in _TIFF_TYPES:
            (values[tag],) = struct.unpack_from(order + _TIFF_TYPES[kind], data, offset + 8)
    return (values[256], values[257]) if len(values) == 2 else None


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return (
            1 + int.from_bytes(data[24:27], "little"),
            1 + int.from_bytes(data[27:30], "little"),
        )
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = _pair("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF
