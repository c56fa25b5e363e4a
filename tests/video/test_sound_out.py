"""Sound of the source in the video that is written."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from feathertrack.video.frames import Frame
from feathertrack.video.records import ClipInfo
from feathertrack.video.sinks import Sink, open_sink
from tests.video.output_clips import a_result, clip_with_sound, frame_times, heard, some_frames

FPS = 10
CLIP = ClipInfo(fps=Fraction(FPS), num_frames=30)


def write(path: Path, clip: ClipInfo, *, start: int = 0, audio: bool = True) -> Sink:
    """A video of the frames from ``start`` on."""
    sink = open_sink(str(path), clip, audio=audio)
    frames = [frame for frame, _ in some_frames([index / FPS for index in range(30)])]
    for frame in frames[start :: clip.step]:
        sink.write(Frame(image=frame.image, index=frame.index, time=frame.time), a_result())
    sink.close()
    return sink


@pytest.mark.parametrize(
    ("source", "codec", "out", "expected"),
    [
        ("s.mp4", "aac", "o.mp4", "aac"),
        ("s.mp4", "aac", "o.mkv", "aac"),
        ("s.avi", "pcm_s16le", "o.mp4", "aac"),
        ("s.avi", "pcm_s16le", "o.mov", "aac"),
        ("s.mkv", "flac", "o.mkv", "flac"),
    ],
)
def test_it_is_heard_when_it_was_heard(
    tmp_path: Path, source: str, codec: str, out: str, expected: str
) -> None:
    path = clip_with_sound(tmp_path / source, codec=codec)
    sink = write(tmp_path / out, replace(CLIP, path=path))
    sound = heard(tmp_path / out)
    assert sound is not None and sound[0] == expected
    assert sound[1:] == pytest.approx((1.0, 2.0), abs=0.1)
    assert sink.notes == ()
    assert frame_times(tmp_path / out)[0] == 0


def test_it_is_cut_to_the_frames(tmp_path: Path) -> None:
    path = clip_with_sound(tmp_path / "s.mp4", codec="aac")
    write(tmp_path / "o.mp4", replace(CLIP, path=path), start=15)
    sound = heard(tmp_path / "o.mp4")
    assert sound is not None
    assert sound[1:] == pytest.approx((0.0, 0.5), abs=0.05)


def test_there_is_none_where_frames_are_left_out(tmp_path: Path) -> None:
    path = clip_with_sound(tmp_path / "s.mp4", codec="aac")
    sink = write(tmp_path / "o.mp4", replace(CLIP, path=path, step=2))
    assert heard(tmp_path / "o.mp4") is None
    assert "no sound" in sink.notes[0]


def test_there_is_none_where_none_is_wanted(tmp_path: Path) -> None:
    path = clip_with_sound(tmp_path / "s.mp4", codec="aac")
    sink = write(tmp_path / "o.mp4", replace(CLIP, path=path), audio=False)
    assert heard(tmp_path / "o.mp4") is None
    assert sink.notes == ()


def test_a_source_that_vanishes_costs_no_pictures(tmp_path: Path) -> None:
    path = clip_with_sound(tmp_path / "s.mp4", codec="aac")
    sink = open_sink(str(tmp_path / "o.mp4"), replace(CLIP, path=path))
    for frame, result in some_frames([index / FPS for index in range(30)]):
        sink.write(frame, result)
    path.unlink()
    sink.close()
    assert len(frame_times(tmp_path / "o.mp4")) == 30
    assert "that of s.mp4 cannot be used" in sink.notes[0]
    assert [path.name for path in tmp_path.iterdir()] == ["o.mp4"]


def test_a_source_without_sound_is_no_news(tmp_path: Path) -> None:
    silent = tmp_path / "s.mp4"
    silent.write_bytes(b"no video at all")
    for path in (silent, tmp_path):
        assert write(tmp_path / "o.mp4", replace(CLIP, path=path, step=2)).notes == ()
