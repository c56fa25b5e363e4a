"""Videos that are cut off, damaged, or none: what is good comes out, then one clear error."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest

from feathertrack.errors import SourceError
from feathertrack.video import containers, files
from feathertrack.video.opening import open_source
from tests.video.numbered_clips import number_of, numbered, read_until_error, write_clip

NUM_FRAMES = 40
FAST_START = {"movflags": "+faststart"}


def packets_of(path: Path) -> list[tuple[int, int, int]]:
    """Place, size and time stamp of every packet, in the order of the file."""
    with av.open(str(path)) as container:
        return [(p.pos, p.size, p.pts) for p in container.demux(video=0) if p.size]


def cut(path: Path, *, packet: int) -> Path:
    """End the file in the middle of a packet."""
    place, size, _ = packets_of(path)[packet]
    path.write_bytes(path.read_bytes()[: place + size // 2])
    return path


def damage(path: Path, *, packet: int) -> Path:
    """Overwrite a packet with noise."""
    place, size, _ = packets_of(path)[packet]
    data = bytearray(path.read_bytes())
    noise = np.random.default_rng(1).integers(0, 256, size, dtype=np.uint8)
    data[place : place + size] = noise.tobytes()
    path.write_bytes(data)
    return path


def good_numbers(path: Path, **options: int) -> list[int]:
    numbers = []
    with pytest.raises(SourceError), open_source(path, **options) as source:
        for frame in source:
            numbers.append(number_of(frame.image))
    return numbers


def num_shown(path: Path) -> int:
    """Frames up to the first one, in the order of display, that was cut off."""
    with av.open(str(path)) as container:
        whole = [p for p in container.demux(video=0) if p.size and not p.is_corrupt]
        if container.format.name == "avi":
            return len(whole)
        numbers = {round(p.pts * p.time_base * 10) for p in whole}
    return next(number for number in range(NUM_FRAMES) if number not in numbers)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {"container": FAST_START}),
        ("a.mkv", {}),
        ("a.avi", {"codec": "mpeg4"}),
        ("a.webm", {"codec": "libvpx"}),
    ],
)
@pytest.mark.parametrize("prefetch", [0, 4])
def test_a_cut_off_video_gives_all_that_is_there(
    tmp_path: Path, name: str, options: dict[str, object], prefetch: int
) -> None:
    path = cut(write_clip(tmp_path / name, NUM_FRAMES, **options), packet=26)  # type: ignore[arg-type]
    num_good = num_shown(path)
    assert 20 < num_good < NUM_FRAMES
    indices, text = read_until_error(path, prefetch=prefetch)
    assert indices == good_numbers(path) == list(range(num_good))
    assert f"{path} breaks off after frame {num_good - 1}: the file is cut off" in text


def test_a_cut_off_video_is_no_error_where_its_end_is_not_wanted(tmp_path: Path) -> None:
    path = cut(write_clip(tmp_path / "a.mp4", NUM_FRAMES, container=FAST_START), packet=26)
    assert read_until_error(path, stop=5) == ([0, 1, 2, 3, 4], "")
    assert read_until_error(path, stop=5, reverse=True) == ([4, 3, 2, 1, 0], "")


def test_a_cut_off_video_read_backwards(tmp_path: Path) -> None:
    path = cut(write_clip(tmp_path / "a.mp4", NUM_FRAMES, container=FAST_START), packet=26)
    num_good = num_shown(path)
    indices, text = read_until_error(path, reverse=True)
    assert indices == list(range(num_good))[::-1]
    assert f"breaks off after frame {num_good - 1}" in text


@pytest.mark.parametrize("packet", [15, 27, NUM_FRAMES - 3, NUM_FRAMES - 2, NUM_FRAMES - 1])
@pytest.mark.parametrize("seek_from", [1, 1000])
def test_a_damaged_packet_ends_reading_at_its_frame(
    tmp_path: Path, packet: int, seek_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "SEEK_FROM", seek_from)
    path = write_clip(tmp_path / "a.mp4", NUM_FRAMES)
    packets = packets_of(path)
    frame = sorted(tick for _, _, tick in packets).index(packets[packet][2])
    damage(path, packet=packet)
    indices, text = read_until_error(path, start=3)
    assert indices == list(range(3, frame))
    assert text.startswith(
        f"frame {frame} of {path} is damaged; leave it out with start={frame + 1}"
    )


def test_all_frames_before_a_damaged_one_are_good(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", NUM_FRAMES, options={"bf": "0"})
    assert good_numbers(damage(path, packet=NUM_FRAMES - 2)) == list(range(NUM_FRAMES - 2))


def test_behind_a_damaged_frame_numbers_are_right(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", NUM_FRAMES, gop=5, options={"bf": "0"})
    damage(path, packet=13)
    assert read_until_error(path)[0] == list(range(13))
    with open_source(path, start=15) as source:
        assert [number_of(f.image) for f in source] == list(range(15, NUM_FRAMES))
    with open_source(path, step=5) as source:  # 13 is not among these
        assert [number_of(f.image) for f in source] == list(range(0, NUM_FRAMES, 5))


def test_a_damaged_first_frame(tmp_path: Path) -> None:
    path = damage(write_clip(tmp_path / "a.avi", 9, codec="mjpeg", pix_fmt="yuvj420p"), packet=0)
    indices, text = read_until_error(path)
    assert indices == []
    assert text == f"frame 0 of {path} is damaged; leave it out with start=1, or repair the file"
    assert read_until_error(path, start=1)[0] == list(range(1, 9))


def lose(path: Path, *, packet: int, count: int = 1) -> Path:
    """Overwrite packets together with the heads that say where they begin."""
    packets = packets_of(path)
    data = bytearray(path.read_bytes())
    first, (last, size, _) = packets[packet][0] - 8, packets[packet + count - 1]
    data[first : last + size] = bytes(last + size - first)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4", "libx264"])
@pytest.mark.parametrize("packet", [14, NUM_FRAMES - 2])
def test_frames_that_an_avi_lost_are_missed(tmp_path: Path, codec: str, packet: int) -> None:
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    options = {"bf": "0"} if codec == "libx264" else None
    path = write_clip(tmp_path / "a.avi", NUM_FRAMES, codec=codec, pix_fmt=pix_fmt, options=options)
    lose(path, packet=packet, count=2)
    indices, text = read_until_error(path)
    assert indices == list(range(packet))
    assert text.startswith(f"frame {packet} of {path} is damaged; leave it out with start=")
    indices, text = read_until_error(path, reverse=True)
    assert indices == list(range(packet + 2, NUM_FRAMES))[::-1]
    assert text.startswith(f"frame {packet + 1} of {path} is damaged")


def test_behind_lost_frames_of_an_avi_numbers_are_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_clip(tmp_path / "a.avi", NUM_FRAMES, codec="mjpeg", pix_fmt="yuvj420p")
    lose(path, packet=14, count=2)
    for seek_from in (1, 1000):
        monkeypatch.setattr(files, "SEEK_FROM", seek_from)
        with open_source(path, start=20) as source:
            assert [number_of(f.image) for f in source] == list(range(20, NUM_FRAMES))


def test_lost_frames_stored_out_of_order_are_missed(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.avi", NUM_FRAMES)
    indices, text = read_until_error(lose(path, packet=20, count=2))
    assert indices == list(range(len(indices)))
    assert 15 < len(indices) <= 20
    assert f"frame {len(indices)} of {path} is damaged" in text


@pytest.mark.parametrize("codec", ["mpeg4", "libx264", "mjpeg"])
def test_a_whole_avi_with_sound_misses_nothing(tmp_path: Path, codec: str) -> None:
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = tmp_path / "a.avi"
    write_clip(path, NUM_FRAMES, codec=codec, pix_fmt=pix_fmt, sound=("mp2", 4.0))
    for start in (0, 30):
        assert read_until_error(path, start=start) == (list(range(start, NUM_FRAMES)), "")


def test_a_size_that_changes_within_a_video(tmp_path: Path) -> None:
    path = tmp_path / "a.h264"
    first = write_clip(tmp_path / "1.h264", 3).read_bytes()
    with av.open(str(tmp_path / "2.h264"), "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        out.mux(
            stream.encode(
                av.VideoFrame.from_ndarray(numbered(3, height=32, width=64), format="rgb24")
            )
        )
        out.mux(stream.encode(None))
    path.write_bytes(first + (tmp_path / "2.h264").read_bytes())
    indices, text = read_until_error(path)
    assert indices == [0, 1, 2]
    assert text.startswith(f"frame 3 of {path} has 64x32 pixels, the frames before it 80x48")


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.mp4", b"", r"a\.mp4 is empty \(0 bytes\)"),
        ("a.mp4", b"hello world\n" * 99, "cannot be opened as a video: it is of another kind, dam"),
        ("a.txt", b"hello world\n" * 99, r"a\.txt is no video; it looks like text"),
        (
            "a.srt",
            b"1\n00:00:01,000 --> 00:00:02,000\nhello\n",
            "not written to its end; FFmpeg finds sub",
        ),
        ("a.bin", bytes(5000), "cannot be opened as a video"),
    ],
)
def test_what_is_no_video_is_said_in_one_line(
    tmp_path: Path, name: str, data: bytes, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SourceError, match=text) as error:
        open_source(path)
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


def test_an_mp4_whose_end_was_never_written(tmp_path: Path) -> None:
    path = cut(write_clip(tmp_path / "a.mp4", NUM_FRAMES), packet=26)
    with pytest.raises(SourceError, match="or was not written to its end"):
        open_source(path)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(16000))
    with pytest.raises(SourceError, match=r"a\.wav holds no video.*FFmpeg finds audio in it"):
        open_source(tmp_path / "a.wav")


def test_absurdly_large_frames_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MAX_PIXELS", 1000)
    with pytest.raises(SourceError, match="announces frames of 80x48; at most 1,000 pixels"):
        open_source(write_clip(tmp_path / "a.mp4"))


def test_a_damaged_video_writes_nothing_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = damage(write_clip(tmp_path / "a.mp4", NUM_FRAMES), packet=9)
    read_until_error(path)
    read_until_error(cut(path, packet=30))
    assert capfd.readouterr().err == ""
