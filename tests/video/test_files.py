from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feathertrack.errors import SourceError
from feathertrack.video import backwards, files, seeking
from feathertrack.video.decoding import Decoded
from feathertrack.video.frames import Frame, Image
from feathertrack.video.opening import open_source
from feathertrack.video.playback import play
from tests.shared_data import shared
from tests.video.numbered_clips import HEIGHT, WIDTH, number_of, numbered, write_clip

# Codecs and containers that store, count, reorder and time their frames in different ways.
KINDS = {
    "mp4": {"container": {"movflags": "+faststart"}},
    "fragments.mp4": {"container": {"movflags": "frag_keyframe+empty_moov"}},
    "open_gop.mkv": {"options": {"x264-params": "open-gop=1:bframes=3"}},
    "ts": {},
    "mpeg4.avi": {"codec": "mpeg4"},
    "reordered.avi": {"codec": "libx264"},
    "intra.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "vp8.webm": {"codec": "libvpx"},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"cpu-used": "8", "deadline": "realtime"}},
    "raw.h264": {},
}
NUM_FRAMES = 40


@pytest.fixture(scope="module", params=KINDS)
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / f"clip.{request.param}"
    return write_clip(path, NUM_FRAMES, gop=8, **KINDS[request.param])


def frames_of(path: Path, **options: object) -> list[Frame]:
    with open_source(path, **options) as source:  # type: ignore[arg-type]
        return list(source)


def opencv_frames(path: Path) -> list[Image]:
    capture, images = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        images.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
    return images


def test_every_frame_comes_in_order_with_its_time(clip: Path) -> None:
    frames = frames_of(clip)
    assert [f.index for f in frames] == list(range(NUM_FRAMES))
    assert [number_of(f.image) for f in frames] == list(range(NUM_FRAMES))
    rate = 25 if clip.suffix == ".h264" else 10  # a bare stream has no clock: FFmpeg takes 25
    assert [f.time for f in frames] == pytest.approx([i / rate for i in range(NUM_FRAMES)])


def test_pixels_are_those_of_opencv(clip: Path) -> None:
    for ours, theirs in zip(frames_of(clip), opencv_frames(clip), strict=True):
        np.testing.assert_array_equal(ours.image, theirs)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(start=st.integers(0, 39), length=st.none() | st.integers(1, 40), step=st.integers(1, 9))
def test_any_part_equals_the_slice_of_all_frames(
    clip: Path, monkeypatch: pytest.MonkeyPatch, start: int, length: int | None, step: int
) -> None:
    monkeypatch.setattr(files, "SEEK_FROM", 1)
    monkeypatch.setattr(backwards, "MAX_BYTES", 3 * WIDTH * HEIGHT * 3 // 2)  # three frames
    stop = None if length is None else start + length
    everything = frames_of(clip)[start:stop:step]
    for reverse in (False, True):
        part = frames_of(clip, start=start, stop=stop, step=step, reverse=reverse)
        expected = everything[::-1] if reverse else everything
        assert [f.index for f in part] == [f.index for f in expected]
        for ours, theirs in zip(part, expected, strict=True):
            assert ours.time == theirs.time
            np.testing.assert_array_equal(ours.image, theirs.image)


def test_start_behind_the_end_says_how_many_frames_there_are(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seek_from in (1, 1000):
        monkeypatch.setattr(files, "SEEK_FROM", seek_from)
        with pytest.raises(SourceError, match=r"start 40 is past the end.*40 frames|no frame that"):
            frames_of(clip, start=40)


def test_what_is_known_before_the_first_frame(clip: Path) -> None:
    with open_source(clip) as source:
        info = source.info
    assert (info.width, info.height) == (WIDTH, HEIGHT)
    assert info.path == clip and not info.live and info.pixel_aspect == 1
    if clip.suffix == ".h264":
        assert info.num_frames is None
    else:
        assert info.fps == 10
        assert info.num_frames == NUM_FRAMES


def test_start_far_into_a_long_clip_decodes_only_the_way_from_a_key_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_clip(tmp_path / "long.mp4", 600, gop=20)
    decoded = []

    def counting(*args: object, **options: object) -> Iterator[Decoded]:
        for item in play(*args, **options):  # type: ignore[arg-type]
            decoded.append(item.tick)
            yield item

    monkeypatch.setattr(seeking, "play", counting)
    assert [number_of(f.image) for f in frames_of(path, start=555, stop=557)] == [555, 556]
    assert len(decoded) <= 20


def test_reading_backwards_keeps_few_frames(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backwards, "MAX_BYTES", 3)
    monkeypatch.setattr(backwards, "_num_bytes", lambda decoded: 1)
    sizes, piece_of = [], backwards._piece

    def measured(*args: object, **options: object) -> dict[int, Decoded]:
        piece = piece_of(*args, **options)  # type: ignore[arg-type]
        sizes.append(len(piece))
        return piece

    monkeypatch.setattr(backwards, "_piece", measured)
    assert len(frames_of(clip, start=28, reverse=True)) == 12
    assert sizes == [3, 3, 3, 3]


def test_longer_sound_is_not_taken_for_a_video_that_is_cut_off(tmp_path: Path) -> None:
    for name, video, sound in (
        ("a.mp4", "libx264", "aac"),
        ("a.mkv", "libx264", "flac"),
        ("a.avi", "mpeg4", "mp2"),
        ("a.ts", "libx264", "mp2"),
    ):
        path = write_clip(tmp_path / name, 20, codec=video, sound=(sound, 9.0))
        with open_source(path) as source:
            assert [number_of(frame.image) for frame in source] == list(range(20))
        assert source.info.num_frames is not None
        assert abs(source.info.num_frames - 20) <= 1  # AVI may count a frame that is not there


def test_variable_frame_rate_keeps_exact_times(tmp_path: Path) -> None:
    times = [0, 3, 10, 11, 40, 41, 100]
    path = write_clip(tmp_path / "vfr.mkv", 7, times=times)
    assert [f.time for f in frames_of(path)] == pytest.approx([t / 100 for t in times])


def test_time_starts_at_the_first_frame_of_the_file(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "late.mkv", 5, times=[500, 510, 520, 530, 540])
    assert [f.time for f in frames_of(path, start=2)] == pytest.approx([0.2, 0.3, 0.4])


MATRICES = {  # display matrix a b c d -> what it does to the picture
    (1, 0, 0, 1): lambda image: image,
    (0, 1, -1, 0): lambda image: np.rot90(image, -1),
    (-1, 0, 0, -1): lambda image: np.rot90(image, 2),
    (0, -1, 1, 0): lambda image: np.rot90(image, 1),
    (-1, 0, 0, 1): lambda image: image[:, ::-1],
    (1, 0, 0, -1): lambda image: image[::-1],
    (0, 1, 1, 0): lambda image: image.transpose(1, 0, 2),
    (0, -1, -1, 0): lambda image: np.rot90(image, 2).transpose(1, 0, 2),
}


def turned(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Write a display matrix into the track header of an mp4."""
    data = path.read_bytes()
    place = data.index(b"tkhd") + 4 + 4 + 20 + 16
    a, b, c, d = (value << 16 for value in matrix)
    written = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data[:place] + written + data[place + 36 :])
    return path


@pytest.mark.parametrize("matrix", MATRICES)
def test_turned_and_mirrored_videos_are_shown_upright(
    tmp_path: Path, matrix: tuple[int, int, int, int]
) -> None:
    plain = frames_of(write_clip(tmp_path / "plain.mp4", 2))
    with open_source(turned(write_clip(tmp_path / "turned.mp4", 2), matrix)) as source:
        shown = list(source)
        size = (source.info.height, source.info.width)
    for ours, theirs in zip(shown, plain, strict=True):
        np.testing.assert_array_equal(ours.image, MATRICES[matrix](theirs.image))
        assert ours.image.flags.c_contiguous and ours.image.shape[:2] == size
    # OpenCV turns, and takes a mirror image for half a turn
    if matrix[0] * matrix[3] - matrix[1] * matrix[2] == 1:
        np.testing.assert_array_equal(shown[1].image, opencv_frames(tmp_path / "turned.mp4")[1])


# Y'CbCr -> R'G'B' of ITU-R BT.601 and BT.709, of 8-bit values in studio and in full range
WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114)}


@pytest.mark.parametrize("matrix", WEIGHTS)
@pytest.mark.parametrize("full_range", [False, True])
def test_matrix_and_range_of_the_colours_are_honoured(
    tmp_path: Path, matrix: int, full_range: bool
) -> None:
    colour = np.array([200, 60, 90]) / 255
    red, blue = WEIGHTS[matrix]
    luma = red * colour[0] + (1 - red - blue) * colour[1] + blue * colour[2]
    chroma = [(colour[2] - luma) / 2 / (1 - blue), (colour[0] - luma) / 2 / (1 - red)]
    scale, offset, chroma_scale = (255, 0, 255) if full_range else (219, 16, 224)
    planes = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8)
    planes[:HEIGHT] = round(offset + scale * luma)
    planes[HEIGHT : HEIGHT * 5 // 4] = round(128 + chroma_scale * chroma[0])
    planes[HEIGHT * 5 // 4 :] = round(128 + chroma_scale * chroma[1])
    path = tmp_path / "colour.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = 2 if full_range else 1
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.colorspace, frame.color_range, frame.pts = matrix, 2 if full_range else 1, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    (shown,) = frames_of(path)
    np.testing.assert_allclose(shown.image[10, 10], [200, 60, 90], atol=3)


def test_transparent_video_lies_over_black(tmp_path: Path) -> None:
    path = tmp_path / "clear.mov"
    rgba = np.dstack([numbered(5), np.zeros((HEIGHT, WIDTH), np.uint8)])
    rgba[: HEIGHT // 2, :, 3] = 255
    with av.open(str(path), "w") as out:
        stream = out.add_stream("png", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "rgba"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(rgba, format="rgba")))
        out.mux(stream.encode(None))
    (frame,) = frames_of(path)
    assert (frame.image[: HEIGHT // 2] == numbered(5)[: HEIGHT // 2]).all()
    assert not frame.image[HEIGHT // 2 :].any()


def test_pixels_that_are_not_square_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        out.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(0), format="rgb24")))
        out.mux(stream.encode(None))
    with open_source(path) as source:
        assert source.info.pixel_aspect == Fraction(4, 3)
    with open_source(turned(path, (0, 1, -1, 0))) as source:
        assert source.info.pixel_aspect == Fraction(3, 4)
        assert (source.info.width, source.info.height) == (HEIGHT, WIDTH)


def test_frames_may_be_written_to(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "raw.avi", 3, codec="rawvideo", pix_fmt="rgb24")
    for frame in frames_of(path):
        frame.image[:] = 0


@pytest.mark.parametrize(("start", "reverse"), [(0, False), (120, False), (0, True)])
def test_the_clip_of_the_traces_has_the_pixels_of_opencv(
    start: int, reverse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "SEEK_FROM", 100)
    path = shared("sequences/bag.avi")
    with open_source(path, start=start, reverse=reverse) as source:
        assert source.info.fps == 25 and source.info.num_frames == 196 - start
        expected = opencv_frames(path)
        seen = 0
        for frame in source:
            np.testing.assert_array_equal(frame.image, expected[frame.index])
            assert frame.time == pytest.approx(frame.index / 25)
            seen += 1
    assert seen == 196 - start
