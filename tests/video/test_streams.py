from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest

from feathertrack.errors import SourceError
from feathertrack.video import opening, streams
from feathertrack.video.frames import Image
from feathertrack.video.opening import OpenedSource, open_source
from feathertrack.video.selection import Selection
from feathertrack.video.streams import NetworkStream, StreamPolicy, network_source, without_password
from tests.video.numbered_clips import number_of, numbered, write_clip
from tests.video.stream_servers import file_behind_http, http_camera, http_server, rtsp_camera

IMPATIENT = StreamPolicy(open_timeout=5, read_timeout=5, attempts=2, first_delay=0.0)


def opened(url: str, *, prefetch: int = 0, **selection: int) -> OpenedSource:
    reader = network_source(url, policy=IMPATIENT)
    return OpenedSource(reader, Selection(**selection), prefetch=prefetch)


def test_rtsp_gives_frames_and_hides_the_password() -> None:
    with rtsp_camera(frames_per_connection=9) as (url, _), opened(url, start=1, stop=8) as source:
        info = source.info
        frames = list(source)
    assert [(f.index, number_of(f.image)) for f in frames] == [(i, i) for i in range(1, 8)]
    assert info.live and info.fps == 25 and info.num_frames is None and info.path is None
    assert info.name == url.replace("secret", "***")
    times = [f.time for f in frames]
    assert None not in times and times == sorted(times)  # type: ignore[type-var]


def test_a_connection_that_breaks_is_opened_again() -> None:
    with (
        rtsp_camera(frames_per_connection=4) as (url, handler),
        opened(url, stop=11) as source,
    ):
        assert [number_of(f.image) for f in source] == list(range(11))
        assert handler.num_connections == 3


def test_a_stream_that_stays_away_is_an_error_after_its_frames() -> None:
    taken = []
    with rtsp_camera(frames_per_connection=4) as (url, _):
        source = iter(opened(url))
        taken += [next(source).index for _ in range(3)]
    with pytest.raises(SourceError, match=r"could not be opened again in 2 attempts") as error:
        for frame in source:
            taken.append(frame.index)
    assert taken == list(range(len(taken))) and len(taken) >= 4
    assert f"broke off after frame {taken[-1]}" in str(error.value)
    assert "secret" not in str(error.value)


def test_an_http_camera_is_live_and_opened_again() -> None:
    count = itertools.count()
    with (
        http_server(http_camera(lambda: itertools.islice(count, 3))) as url,
        opened(url, stop=8, step=2) as source,
    ):
        assert source.info.live
        assert [(f.index, number_of(f.image)) for f in source] == [(i, i) for i in range(0, 8, 2)]


def test_who_is_slow_sees_the_newest_frame() -> None:
    first_taken = Event()

    def numbers() -> Iterator[int]:
        yield from range(4)  # FFmpeg looks at a few frames before it shows one
        first_taken.wait()
        yield from range(4, 30)

    with (
        http_server(http_camera(numbers)) as url,
        opened(url, stop=30, prefetch=4) as source,
    ):
        seen = []
        for frame in source:
            seen.append(frame.index)
            first_taken.set()
            for thread in threading.enumerate():
                if thread.name == "feathertrack-decode":
                    thread.join()
    assert len(seen) == 2 and seen[-1] == 29


def test_closing_does_not_wait_for_a_silent_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_LINGER", 0.01)
    released = Event()

    def numbers() -> Iterator[int]:
        yield from range(4)
        released.wait()

    with http_server(http_camera(numbers)) as url:
        source = opened(url, prefetch=1)
        for frame in source:
            if frame.index >= 2:
                break
        source.close()
        released.set()
    for thread in threading.enumerate():
        if thread.name == "feathertrack-decode":
            thread.join()


def test_a_file_behind_http_is_read_like_a_file(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", 20, container={"movflags": "+faststart"})
    with http_server(file_behind_http(path)) as url:
        with open_source(f"{url}/a.mp4", start=3, step=4) as source:
            assert not source.info.live and source.info.num_frames == 5
            assert [number_of(f.image) for f in source] == [3, 7, 11, 15, 19]
        with pytest.raises(SourceError, match="cannot be read backwards over the network"):
            list(open_source(f"{url}/a.mp4", reverse=True))


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_an_address_without_an_answer(scheme: str, capfd: pytest.CaptureFixture[str]) -> None:
    with http_server(lambda request: None) as url:
        port = url.rpartition(":")[2]
    with pytest.raises(SourceError, match=r"cannot be opened as a video: connection refused"):
        open_source(f"{scheme}://127.0.0.1:{port}/x")
    assert capfd.readouterr().err == ""


def test_a_page_that_is_not_there() -> None:
    with (
        http_server(lambda request: request.send_error(404)) as url,
        pytest.raises(SourceError, match="404 Not Found"),
    ):
        open_source(f"{url}/x.mp4")


def test_a_silent_address_is_given_up_in_time() -> None:
    released = Event()
    policy = StreamPolicy(open_timeout=0.2, read_timeout=0.2)
    with http_server(lambda request: released.wait() and None) as url:
        with pytest.raises(SourceError, match="no data came in time"):
            network_source(f"{url}/x", policy=policy)
        released.set()


def test_a_live_stream_cannot_be_read_backwards() -> None:
    with (
        rtsp_camera(frames_per_connection=4) as (url, _),
        pytest.raises(SourceError, match=r"is live and cannot be read backwards; record it"),
    ):
        open_source(url, reverse=True)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://me:se/cret@camera/1", "rtsp://me:se/cret@camera/1"),
        ("http://me:secret@camera:8080/x?y=1", "http://me:***@camera:8080/x?y=1"),
        ("http://camera/me:secret@x", "http://camera/me:secret@x"),
        ("rtsp://camera:554/1", "rtsp://camera:554/1"),
    ],
)
def test_only_a_password_is_hidden(url: str, shown: str) -> None:
    assert without_password(url) == shown


class FakeCapture:
    """A camera with a few frames, in the place of OpenCV's."""

    def __init__(self, images: list[Image]) -> None:
        self.images = images
        self.released = False

    def read(self) -> tuple[bool, Image | None]:
        return (True, self.images.pop(0)) if self.images else (False, None)

    def get(self, key: int) -> float:
        return {cv2.CAP_PROP_FPS: 29.97, cv2.CAP_PROP_FRAME_WIDTH: 80.0}.get(key, 48.0)

    def release(self) -> None:
        self.released = True


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> FakeCapture:
    bgr = [np.dstack([numbered(i)[..., 0], np.zeros((48, 80, 2), np.uint8)]) for i in range(5)]
    fake = FakeCapture(bgr)
    monkeypatch.setattr(streams, "_open_camera", lambda number: fake)
    return fake


@pytest.mark.parametrize("spec", [0, "0"])
def test_a_camera_gives_rgb(capture: FakeCapture, spec: int | str) -> None:
    with open_source(spec, stop=4, step=3, prefetch=0) as source:
        assert source.info.live and (source.info.width, source.info.height) == (80, 48)
        assert source.info.name == "camera 0"
        frames = list(source)
    assert [f.index for f in frames] == [0, 3]
    assert (frames[1].image[..., 2] == numbered(3)[..., 0]).all()
    assert not frames[1].image[..., :2].any()
    assert capture.released


def test_a_camera_that_is_unplugged(capture: FakeCapture) -> None:
    frames = iter(open_source(0, prefetch=0))
    assert [next(frames).index for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(SourceError, match=r"camera 0 gave no frame 5: is it still connected\?"):
        next(frames)
    assert capture.released


def test_a_camera_that_is_not_read_is_given_back(capture: FakeCapture) -> None:
    open_source(0).close()
    assert capture.released


@pytest.mark.parametrize("spec", [97, "97"])
def test_a_camera_that_is_not_there(spec: int | str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError, match="camera 97 cannot be opened"):
        open_source(spec)
    assert capfd.readouterr().err == ""


def test_a_stream_is_closed_twice_without_harm() -> None:
    with rtsp_camera(frames_per_connection=4) as (url, _):
        stream = network_source(url, policy=IMPATIENT)
        assert isinstance(stream, NetworkStream)
        stream.close()
        stream.close()
