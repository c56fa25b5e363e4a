"""Ctrl-C, SIGTERM and SIGHUP, in this process and in another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from feathertrack.cli._stopping import Stopped, StopSignals, stop_signals
from feathertrack.video.formats import read_boxes
from tests.video.numbered_clips import write_clip

REPOSITORY = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals between processes are POSIX")


def test_a_signal_while_an_item_is_in_hand_waits_for_it() -> None:
    stop, seen = StopSignals(), []
    with pytest.raises(Stopped) as stopped:
        for item in stop.iterate(range(5)):
            if item == 2:
                stop.handle(signal.SIGTERM)
            seen.append(item)
    assert seen == [0, 1, 2]
    assert stopped.value.exit_status == 143


def test_a_signal_while_waiting_ends_the_wait() -> None:
    stop = StopSignals()

    def items() -> Iterator[int]:
        yield 0
        stop.handle(signal.SIGINT)
        raise AssertionError("the wait went on")

    seen = []
    with pytest.raises(Stopped, match="stopped by Ctrl-C"):
        for item in stop.iterate(items()):
            seen.append(item)
    assert seen == [0]


def test_a_second_signal_does_not_wait() -> None:
    stop = StopSignals()
    with pytest.raises(Stopped):
        for _ in stop.iterate(range(5)):
            stop.handle(signal.SIGINT)
            stop.handle(signal.SIGINT)


@POSIX
def test_a_terminal_that_goes_away_may_say_so_twice() -> None:
    stop, seen = StopSignals(), []
    with pytest.raises(Stopped) as stopped:
        for item in stop.iterate(range(5)):
            stop.handle(signal.SIGHUP)
            stop.handle(signal.SIGHUP)
            seen.append(item)
    stop.handle(signal.SIGHUP)  # while outputs are closed
    assert seen == [0]
    assert stopped.value.exit_status == 129


def test_what_waits_is_closed_before_the_error_is_told() -> None:
    stop, closed = StopSignals(), []

    def items() -> Iterator[int]:
        try:
            yield from range(5)
        finally:
            closed.append(True)

    with pytest.raises(Stopped):
        for _ in stop.iterate(items()):
            stop.handle(signal.SIGINT)
    assert closed == [True]


def test_handlers_are_restored_and_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        term = signal.getsignal(signal.SIGTERM)
        with stop_signals():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not term
        assert signal.getsignal(signal.SIGTERM) is term
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture
def slow_clip(tmp_path: Path) -> Path:
    """Longer than any test waits, at 25 frames a second."""
    return write_clip(tmp_path / "long.mp4", 900, rate=25, gop=25)


def start(clip: Path, *words: str, rows: int = 30) -> subprocess.Popen[str]:
    """Start tracking in a process of its own, and wait until some rows have come out."""
    command = [sys.executable, "-m", "feathertrack", "track", str(clip), "--box", "1,2,30,20"]
    tracker = ("--tracker", "tests.cli.fake_trackers:Slow")
    process = subprocess.Popen(
        [*command, *tracker, *words],
        cwd=clip.parent,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    journal, deadline = clip.parent / "boxes.csv.part", time.monotonic() + 60
    while not (journal.exists() and journal.read_bytes().count(b"\n") >= rows):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def num_frames(path: Path) -> int:
    with av.open(str(path)) as file:
        return sum(1 for _ in file.decode(video=0))


@POSIX
@pytest.mark.parametrize(
    ("number", "status", "by"),
    [
        ("SIGINT", 130, "Ctrl-C"),
        ("SIGTERM", 143, "SIGTERM"),
        ("SIGHUP", 129, "SIGHUP, the terminal went away,"),
    ],
)
def test_outputs_are_closed_and_playable(
    slow_clip: Path, number: str, status: int, by: str
) -> None:
    if signal.getsignal(getattr(signal, number)) == signal.SIG_IGN:
        pytest.skip(f"{number} is ignored here, as under nohup, and by what is started")
    process = start(slow_clip, "--output", "out.mp4", "--output", "boxes.csv")
    process.send_signal(getattr(signal, number))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (status, "")
    rows = read_boxes(slow_clip.parent / "boxes.csv")
    assert num_frames(slow_clip.parent / "out.mp4") == len(rows) >= 30
    said = f"feathertrack: stopped by {by} after frame {len(rows) - 1}: {len(rows)} frames tracked"
    assert err == f"{said}, kept in out.mp4, boxes.csv\n"
    assert not list(slow_clip.parent.glob("*.part"))


@POSIX
def test_a_killed_process_leaves_what_was_tracked(slow_clip: Path) -> None:
    process = start(slow_clip, "--output", "out.mp4", "--output", "boxes.csv", rows=75)
    process.kill()
    process.communicate(timeout=60)
    rows = read_boxes(slow_clip.parent / "boxes.csv.part")
    assert len(rows) >= 75
    # A second of video waits for its fragment, and less than another one in the encoder.
    assert num_frames(slow_clip.parent / "out.mp4.part") >= len(rows) - 50


@POSIX
def test_a_reader_that_goes_away_ends_the_work_quietly(clip: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "feathertrack", "track", str(clip), "--box", "1,2,30,20"]
    with subprocess.Popen(
        [*command, "--tracker", "tests.cli.fake_trackers:Slow"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "frame,time,x,y,w,h,score,state\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 141
