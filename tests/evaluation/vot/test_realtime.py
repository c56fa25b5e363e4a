from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.realtime import RealtimeTracker, run_realtime_got10k
from feathertrack.evaluation.vot.regions import NO_CODE, Regions
from tests.evaluation.vot.moving_boxes import Clock, Slow

BOX = np.array([20.0, 20, 10, 10])
TRUTH = Regions.from_rows([BOX] * 12)


def shown_frames(seconds: list[float], *, grace: int, frames: int = 8) -> list[int]:
    """Frames that a tracker which takes these seconds is shown, at ten frames a second."""
    clock = Clock()
    tracker = Slow(step=(1.0, 0.0), clock=clock, seconds=list(seconds))
    running = RealtimeTracker(tracker, fps=10, grace=grace, clock=clock)
    running.init(0, BOX)
    for frame in range(1, frames):
        running.update(frame)
    return [frame for call, frame in tracker.calls if call == "update"]


def test_fast_tracker_sees_every_frame() -> None:
    assert shown_frames([0.05] * 8, grace=0) == [1, 2, 3, 4, 5, 6, 7]


def test_slow_tracker_misses_the_frames_it_is_late_for() -> None:
    # 0.35 s owe 0.25 s: two frames pass by while more than 0.1 s is owed; the rest is forgiven.
    assert shown_frames([0.0, 0.35, 0.0, 0.0], grace=0) == [1, 4, 5, 6, 7]


def test_slow_calls_within_the_grace_cost_nothing() -> None:
    assert shown_frames([0.45] * 4, grace=3) == [1, 2, 3, 7]


def test_slow_start_delays_the_first_update_without_grace() -> None:
    assert shown_frames([0.35], grace=0) == [3, 4, 5, 6, 7]


def test_call_as_long_as_a_frame_is_in_time() -> None:
    assert shown_frames([0.1] * 8, grace=0) == [1, 2, 3, 4, 5, 6, 7]


def test_last_output_is_repeated_and_a_start_forgets_the_debt() -> None:
    clock = Clock()
    tracker = Slow(step=(1.0, 0.0), clock=clock, seconds=[0.0, 0.35])
    running = RealtimeTracker(tracker, fps=10, grace=0, clock=clock)
    running.init(0, BOX)
    outputs = [running.update(frame) for frame in (1, 2, 3)]
    np.testing.assert_array_equal(outputs, [BOX + np.array([1, 0, 0, 0])] * 3)
    running.update(4)
    tracker.seconds = [0.35]
    running.update(5)
    running.init(6, BOX)
    running.update(7)
    assert tracker.calls[-1] == ("update", 7)


def test_late_before_the_first_update_repeats_the_first_box() -> None:
    clock = Clock()
    running = RealtimeTracker(Slow(clock=clock, seconds=[0.35]), fps=10, grace=0, clock=clock)
    running.init(0, BOX)
    np.testing.assert_array_equal(running.update(1), BOX)


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan")])
def test_frame_rate_must_be_above_0(fps: float) -> None:
    with pytest.raises(InputError, match="frame rate"):
        RealtimeTracker(Slow(), fps=fps)


def got10k_run(seconds: list[float], step: tuple[float, float]) -> tuple[Slow, Regions]:
    clock = Clock()
    tracker = Slow(step=step, clock=clock, seconds=[0.0, *seconds])
    run = run_realtime_got10k(tracker, lambda i: i, TRUTH, size_wh=(60, 60), clock=clock)
    return tracker, run.regions


def test_got10k_shows_every_frame_to_a_tracker_of_40_milliseconds() -> None:
    tracker, regions = got10k_run([0.04] * 11, (0.0, 0.0))
    assert [frame for _, frame in tracker.calls] == list(range(12))
    assert regions.codes.tolist() == [1] + [NO_CODE] * 11


def test_got10k_adds_what_the_frame_before_took() -> None:
    # Frames 1 and 2 add 40 ms each, frame 3 the 120 ms of frame 2: the clock stands at frame 5,
    # and as every frame adds 40 ms or more, it stays ahead until the next start.
    tracker, regions = got10k_run([0.12] * 11, (0.1, 0.0))
    assert [frame for call, frame in tracker.calls if call == "update"] == [1, 2]
    assert all(regions.row(i).tolist() == regions.row(2).tolist() for i in range(3, 12))


def test_got10k_starts_again_five_frames_after_a_failure() -> None:
    tracker, regions = got10k_run([0.0] * 11, (12.0, 0.0))
    assert regions.codes.tolist() == [1, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0]
    assert tracker.calls[2] == ("init", 6)


def test_got10k_counts_the_pause_from_where_its_clock_stands() -> None:
    # 200 ms for frame 2 put the clock at frame 7 while frame 3 is judged by the box of frame 2.
    truth = np.tile(BOX, (14, 1))
    truth[3:] = [40, 40, 9, 9]
    clock = Clock()
    tracker = Slow(clock=clock, seconds=[0.0, 0.0, 0.2])
    run = run_realtime_got10k(
        tracker, lambda i: i, Regions.from_rows(truth), size_wh=(60, 60), clock=clock
    )
    assert run.regions.codes.tolist()[:4] == [1, NO_CODE, NO_CODE, 2]
    assert tracker.calls[-2] == ("init", 12)


def test_sequence_without_truth_is_refused() -> None:
    with pytest.raises(InputError, match="without ground truth"):
        run_realtime_got10k(Slow(), lambda i: i, Regions.specials(0), size_wh=(9, 9))
