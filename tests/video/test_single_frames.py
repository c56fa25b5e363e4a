"""Frames of a video by number: the right ones in any order, decoded once in a row."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from feathertrack.errors import SourceError
from feathertrack.video import single_frames
from feathertrack.video.pictures import read_picture
from feathertrack.video.single_frames import VideoFrame, count_frames
from tests.video.numbered_clips import number_of, write_clip

CODECS = {"h264.mp4": "libx264", "motion.avi": "mpeg4", "old.mpg": "mpeg2video", "v.webm": "libvpx"}


def numbers(path: Path, asked: list[int]) -> list[int]:
    return [number_of(read_picture(VideoFrame(path, number))) for number in asked]


@pytest.mark.parametrize("name", CODECS)
def test_every_frame_is_the_one_asked_for_in_any_order(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, 400, codec=CODECS[name], rate=25)
    assert count_frames(path) == 400
    for asked in ([*range(40)], [399, 0, 398, 5, 5, 320, 319, 280], [60, 61, 130, 131]):
        assert numbers(path, asked) == asked


def test_frames_in_a_row_are_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "a.mp4", 300)
    begun = []
    read = single_frames.VideoFile.read
    monkeypatch.setattr(
        single_frames.VideoFile,
        "read",
        lambda self, selection, **how: (
            begun.append(selection.start) or read(self, selection, **how)
        ),
    )
    assert numbers(path, [*range(0, 300, 3)]) == [*range(0, 300, 3)]
    assert begun == [0]


def test_only_few_videos_are_open_at_a_time(tmp_path: Path) -> None:
    paths = [write_clip(tmp_path / f"{k}.mp4", 12) for k in range(5)]
    for number in range(12):
        assert [numbers(path, [number]) for path in paths] == [[number]] * 5
    assert len(single_frames._OPEN) <= single_frames._MOST_OPEN


def test_what_a_tracker_draws_on_a_frame_is_not_seen_again(tmp_path: Path) -> None:
    frame = VideoFrame(write_clip(tmp_path / "a.mp4"), 5)
    frame.read()[:] = 0
    assert number_of(frame.read()) == 5


def test_a_frame_can_be_sent_to_another_process(tmp_path: Path) -> None:
    frame = VideoFrame(write_clip(tmp_path / "a.mp4"), 7)
    frame.read()
    assert number_of(pickle.loads(pickle.dumps(frame)).read()) == 7


def test_a_video_that_is_written_again_is_read_again(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", 12)
    assert count_frames(path) == 12
    write_clip(path, 20)
    assert (count_frames(path), numbers(path, [15])) == (20, [15])


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", 12)
    with pytest.raises(SourceError, match=r"a\.mp4 has no frame 12, counted from 0"):
        VideoFrame(path, 12).read()
    with pytest.raises(SourceError, match=r"none\.mp4 cannot be read"):
        VideoFrame(tmp_path / "none.mp4", 0).read()
    (tmp_path / "b.mp4").write_text("no video")
    with pytest.raises(SourceError, match=r"b\.mp4 cannot be opened as a video"):
        count_frames(tmp_path / "b.mp4")


def test_a_video_that_is_cut_off_has_the_frames_before(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "a.mkv", 200)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    count = count_frames(cut)
    assert 0 < count < 200
    assert numbers(cut, [count - 1]) == [count - 1]
