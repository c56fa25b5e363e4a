from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feathertrack.errors import SourceError
from feathertrack.video.headers import picture_size
from feathertrack.video.pictures import read_picture
from tests.video.numbered_clips import numbered

RAMP = np.arange(12 * 16, dtype=np.uint8).reshape(12, 16)
COLOUR = np.dstack([RAMP, RAMP[::-1], 255 - RAMP])  # RGB


def encoded(suffix: str, image: np.ndarray) -> bytes:
    return cv2.imencode(suffix, image)[1].tobytes()


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def png(
    width: int, height: int, rows: bytes, *, kind: int, palette: bytes = b"", alpha: bytes = b""
) -> bytes:
    """A PNG of 8 bits written by hand, to have palettes and untrue sizes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = [chunk(b"IHDR", head)]
    chunks += [chunk(name, data) for name, data in ((b"PLTE", palette), (b"tRNS", alpha)) if data]
    return b"".join(
        [b"\x89PNG\r\n\x1a\n", *chunks, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )


def with_exif(jpeg: bytes, *, orientation: int) -> bytes:
    tag = struct.pack("<HHIHxx", 0x112, 3, 1, orientation)
    exif = b"Exif\0\0" + b"II*\0" + struct.pack("<IH", 8, 1) + tag + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".ppm", ".tif", ".webp"])
def test_lossless_colours_come_back_in_rgb_order(tmp_path: Path, suffix: str) -> None:
    options = [cv2.IMWRITE_WEBP_QUALITY, 101] if suffix == ".webp" else []
    path = tmp_path / f"a{suffix}"
    assert cv2.imwrite(str(path), COLOUR[..., ::-1], options)
    assert (read_picture(path) == COLOUR).all()


def test_jpeg_is_what_opencv_decodes(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", encoded(".jpg", COLOUR[..., ::-1].copy()))
    assert (read_picture(path) == cv2.imread(str(path))[..., ::-1]).all()


def test_grey_is_repeated(tmp_path: Path) -> None:
    image = read_picture(saved(tmp_path / "a.png", encoded(".png", RAMP)))
    assert (image == RAMP[..., None]).all() and image.shape == (12, 16, 3)


def test_16_bits_are_rounded_and_not_cut(tmp_path: Path) -> None:
    deep = (RAMP.astype(np.uint16) * 257) + 200  # 8 bits would be one more
    for image in (deep, np.dstack([deep] * 3)):
        read = read_picture(saved(tmp_path / "a.png", encoded(".png", np.minimum(image, 65535))))
        assert (read[..., 0] == np.minimum(RAMP.astype(int) + 1, 255)).all()


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_transparent_pixels_lie_over_black(tmp_path: Path, suffix: str) -> None:
    bgra = np.dstack([COLOUR[..., ::-1], np.where(RAMP < 90, 0, 255).astype(np.uint8)])
    image = read_picture(saved(tmp_path / f"a{suffix}", encoded(suffix, bgra)))
    assert (image == np.where(RAMP[..., None] < 90, 0, COLOUR)).all()


def test_palette_with_a_transparent_entry(tmp_path: Path) -> None:
    rows = b"\0\0\1\2"  # filter 0, then one pixel of each entry
    palette, alpha = bytes([9, 8, 7, 10, 20, 30, 40, 50, 60]), bytes([255, 0, 255])
    plain = saved(tmp_path / "a.png", png(3, 1, rows, kind=3, palette=palette))
    assert read_picture(plain).tolist() == [[[9, 8, 7], [10, 20, 30], [40, 50, 60]]]
    clear = saved(tmp_path / "b.png", png(3, 1, rows, kind=3, palette=palette, alpha=alpha))
    assert read_picture(clear).tolist() == [[[9, 8, 7], [0, 0, 0], [40, 50, 60]]]


def test_exif_orientation_turns_the_picture(tmp_path: Path) -> None:
    jpeg = encoded(".jpg", COLOUR[..., ::-1].copy())
    upright = read_picture(saved(tmp_path / "a.jpg", jpeg))
    turned = read_picture(saved(tmp_path / "b.jpg", with_exif(jpeg, orientation=6)))
    assert (turned == np.rot90(upright, k=-1)).all()


def test_cmyk_jpeg_becomes_rgb(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    flat = pillow.new("CMYK", (16, 16), (0, 255, 255, 0))
    stream = io.BytesIO()
    flat.save(stream, "JPEG")
    red, green, blue = read_picture(saved(tmp_path / "a.jpg", stream.getvalue()))[8, 8].tolist()
    assert red > 200 and green < 60 and blue < 60


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.png", b"", r"is empty \(0 bytes\)"),
        ("a.png", b"hello world" * 9, "is no picture that can be read"),
        ("a.jpg", encoded(".jpg", numbered(3))[:400], "is no picture that can be read"),
        ("a.png", encoded(".png", COLOUR)[:150], "is no picture that can be read"),
        ("a.tif", encoded(".tif", RAMP.astype(np.float32)), "holds float32 values; save it with 8"),
        ("a.png", png(60000, 60000, b"", kind=2), r"announces 60000x60000 pixels; at most 134,217"),
    ],
)
def test_what_is_no_usable_picture_is_refused(
    tmp_path: Path, name: str, data: bytes, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path / name, data)
    with pytest.raises(SourceError, match=text) as error:
        read_picture(path)
    assert str(path) in str(error.value)
    assert capfd.readouterr().err == ""


def test_a_missing_picture_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.png cannot be read: No such file"):
        read_picture(tmp_path / "a.png")
    with pytest.raises(SourceError, match="is no file"):
        read_picture(tmp_path)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything"
)
def test_a_picture_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", encoded(".png", RAMP))
    path.chmod(0)
    with pytest.raises(SourceError, match=r"cannot be read: Permission denied"):
        read_picture(path)


def test_a_file_that_the_system_refuses_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    path = saved(tmp_path / "a.png", encoded(".png", RAMP))
    with pytest.raises(SourceError, match=r"a\.png cannot be read: Permission denied"):
        read_picture(path)


@pytest.mark.parametrize(
    "suffix", [".png", ".jpg", ".bmp", ".tif", ".webp", ".ppm", ".pgm", ".pbm", ".jp2", ".avif"]
)
def test_size_is_known_before_decoding(suffix: str) -> None:
    grey = suffix in (".pgm", ".pbm")
    image = np.zeros((40, 70) if grey else (40, 70, 3), np.uint8)
    assert picture_size(encoded(suffix, image)) == (70, 40)


@pytest.mark.parametrize("quality", [50, 101])
def test_size_of_both_kinds_of_webp(quality: int) -> None:
    data = cv2.imencode(".webp", COLOUR, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()
    assert picture_size(data) == (16, 12)
    alpha = cv2.imencode(".webp", np.dstack([COLOUR, RAMP]), [cv2.IMWRITE_WEBP_QUALITY, quality])
    assert picture_size(alpha[1].tobytes()) == (16, 12)


WHOLE = [encoded(suffix, numbered(5)) for suffix in (".png", ".jpg", ".tif", ".webp", ".jp2")]


@given(st.binary(max_size=80), st.sampled_from(WHOLE))
def test_size_of_a_damaged_header_is_no_error(junk: bytes, data: bytes) -> None:
    for cut in (4, 12, 20, len(data) // 2):
        picture_size(data[:cut] + junk)
