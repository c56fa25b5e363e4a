"""The video that is written: what plays it, when its frames are shown, what it looks like."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.video.frames import Frame
from feathertrack.video.mp4 import time_base_for
from feathertrack.video.records import ClipInfo
from feathertrack.video.sinks import open_sink
from tests.video.output_clips import a_result, frame_times, some_frames


def write(path: Path, frames: list[tuple[Frame, object]], clip: ClipInfo) -> Path:
    sink = open_sink(str(path), clip)
    for frame, result in frames:
        sink.write(frame, result)  # type: ignore[arg-type]
    sink.close()
    return path


def test_it_is_what_a_browser_plays(tmp_path: Path) -> None:
    times = [index / 25 for index in range(30)]
    clip = ClipInfo(fps=Fraction(25), pixel_aspect=Fraction(4, 3))
    path = write(tmp_path / "o.mp4", list(some_frames(times)), clip)
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        context = stream.codec_context
        assert (context.name, stream.pix_fmt, stream.width, stream.height) == (
            "h264",
            "yuv420p",
            64,
            48,
        )
        assert (stream.average_rate, stream.start_time) == (25, 0)
        assert stream.duration * stream.time_base == Fraction(30, 25)
        assert stream.sample_aspect_ratio == Fraction(4, 3)
        assert (context.colorspace, context.color_range) == (1, 1)
    data = path.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_the_time_of_every_frame_is_kept(tmp_path: Path, suffix: str) -> None:
    times = [5.0, 5.04, 5.1, 5.5, 5.52, 7.25]
    path = write(
        tmp_path / f"o.{suffix}", list(some_frames(times)), ClipInfo(fps=Fraction(30000, 1001))
    )
    expected = [time - 5.0 for time in times]
    tolerance = 6e-4 if suffix == "mkv" else 1e-5  # Matroska counts milliseconds
    np.testing.assert_allclose(frame_times(path), expected, atol=tolerance)


def test_a_constant_rate_is_exact(tmp_path: Path) -> None:
    fps = Fraction(24000, 1001)
    times = [float(index / fps) for index in range(50)]
    path = write(tmp_path / "o.mp4", list(some_frames(times)), ClipInfo(fps=fps))
    with av.open(str(path)) as file:
        assert file.streams.video[0].average_rate == fps


def test_backward_frames_play_forward(tmp_path: Path) -> None:
    path = write(tmp_path / "o.mp4", list(some_frames([0.5, 0.3, 0.0])), ClipInfo(reverse=True))
    np.testing.assert_allclose(frame_times(path), [0, 0.2, 0.5], atol=1e-4)


@pytest.mark.parametrize("times", [[None] * 5, [0.0] * 5])
def test_frames_without_a_clock_follow_one_another(
    tmp_path: Path, times: list[float | None]
) -> None:
    found = frame_times(write(tmp_path / "o.mp4", list(some_frames(times)), ClipInfo()))
    assert len(found) == 5
    assert (np.diff(found) > 0).all()
    if times[0] is None:
        assert found[1] == pytest.approx(1 / 25)


@pytest.mark.parametrize(("width", "height"), [(65, 47), (1, 1), (3, 200)])
def test_odd_sizes_repeat_the_last_row_and_column(tmp_path: Path, width: int, height: int) -> None:
    frames = list(some_frames([0.0, 0.04], width=width, height=height))
    path = write(tmp_path / "o.mp4", frames, ClipInfo(fps=Fraction(25)))
    with av.open(str(path)) as file:
        picture = next(file.decode(video=0))
    assert (picture.width, picture.height) == (width + width % 2, height + height % 2)


def test_colors_come_back(tmp_path: Path) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, :32], image[:, 32:] = (200, 30, 60), (20, 180, 240)
    sink = open_sink(str(tmp_path / "o.mp4"), ClipInfo(), draw=lambda frame, result: frame.image)
    sink.write(Frame(image=image, index=0), a_result())
    sink.close()
    with av.open(str(tmp_path / "o.mp4")) as file:
        found = next(file.decode(video=0)).to_ndarray(format="rgb24")
    np.testing.assert_allclose(found[32, 16], (200, 30, 60), atol=6)
    np.testing.assert_allclose(found[32, 48], (20, 180, 240), atol=6)


def test_a_frame_of_another_size_is_refused_and_the_rest_kept(tmp_path: Path) -> None:
    sink = open_sink(str(tmp_path / "o.mp4"), ClipInfo())
    sink.write(*next(some_frames([0.0])))
    with pytest.raises(InputError, match=r"frame 0 is 80 x 48 pixels, .* has 64 x 48"):
        sink.write(*next(some_frames([0.1], width=80)))
    sink.close()
    sink.close()
    assert len(frame_times(tmp_path / "o.mp4")) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no colons in names there")
def test_a_name_with_a_colon_is_no_protocol(in_tmp: Path) -> None:
    sink = open_sink("mp4:odd:name 100% é.mp4", ClipInfo())
    sink.write(*next(some_frames([0.0])))
    sink.close()
    assert len(frame_times((in_tmp / "odd:name 100% é.mp4").absolute())) == 1


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30000, 1001), Fraction(4470000, 151151)])
def test_a_frame_lasts_whole_ticks(fps: Fraction) -> None:
    tick = time_base_for(fps)
    assert (1 / fps / tick).denominator == 1
    assert tick <= Fraction(1, 90_000)


def test_wild_rates_get_a_common_tick() -> None:
    assert time_base_for(Fraction(10**9, 3)) == Fraction(1, 90_000)
