"""SiamRPN++ beyond what it shares with SiamKPN: anchors, conventions, the long-term variant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.trackers.multi import MultiTracker
from feathertrack.trackers.siamrpn import SiamRPNSettings, SiamRPNTracker
from tests.shared_data import shared
from tests.trackers.siamese_engines import SquareEngine, square

BLACK = np.zeros((240, 320, 3), np.uint8)
LONG_TERM = SiamRPNSettings(long_term=True)


def test_decoding_equals_that_of_mmtracking() -> None:
    engine = SquareEngine(anchors="mmtracking")
    with np.load(shared("goldens/siamrpnpp_mmtracking/decode.npz")) as golden:
        outputs, cases = (golden["cls"], golden["bbox"]), golden["cases"]
    for penalty, window, rate, *state, scale, score, cx, cy, w, h in cases:
        settings = SiamRPNSettings(
            size_penalty=penalty, window_weight=window, size_rate=rate, smallest_side=1.0
        )
        tracker = SiamRPNTracker(engine, settings)
        tracker.init(np.zeros((2000, 3000, 3), np.uint8), (100, 100, 50, 50))
        tracker.target = replace(
            tracker.target, center=np.array(state[:2]) + 1000, size=np.array(state[2:])
        )
        assert engine.info.template_size / tracker._side() == pytest.approx(scale)
        tracker.decode(outputs)
        assert tracker.best_score == pytest.approx(score, abs=1e-5)
        found = [*(tracker.target.center - 1000), *tracker.target.size]
        np.testing.assert_allclose(found, [cx, cy, w, h], atol=1e-3)


def test_cells_are_as_far_apart_as_the_network_says() -> None:
    engine = SquareEngine()
    engine.info = replace(engine.info, stride=16)
    outputs = (np.zeros((1, 10, 9, 9), np.float32), np.zeros((1, 20, 9, 9), np.float32))
    proposals = SiamRPNTracker(engine).propose(outputs)
    assert proposals.x[:9].tolist() == [16.0 * (cell - 4) for cell in range(9)]
    assert proposals.width[2 * 81] == 64


def test_unknown_conventions_are_refused() -> None:
    with pytest.raises(InputError, match="anchors of 'mine'; known here: pysot or mmtracking"):
        SiamRPNTracker(SquareEngine(anchors="mine"))


def started(settings: SiamRPNSettings = LONG_TERM) -> tuple[SiamRPNTracker, SquareEngine]:
    engine = SquareEngine()
    tracker = SiamRPNTracker(engine, settings)
    tracker.init(square((160, 120)), (140, 100, 40, 40))
    return tracker, engine


def test_a_lost_target_is_looked_for_in_a_larger_region_and_found_far_away() -> None:
    tracker, engine = started(replace(LONG_TERM, found_above=0.9))
    first = tracker.update(square((160, 120)))
    lost = [tracker.update(BLACK) for _ in range(3)]
    assert [result.state for result in lost] == ["lost"] * 3
    assert engine.shapes[-1] == (1, 831, 831, 3)
    np.testing.assert_array_equal(lost[-1].box, first.box)
    far = square((30, 30))
    tracker.update(far)
    found = tracker.update(far)
    assert np.abs(found.box[:2] + found.box[2:] / 2 - 30).max() < 2
    assert found.state == "tracking"
    assert engine.shapes[-1] == (1, 255, 255, 3)


def test_a_score_between_the_two_thresholds_keeps_a_target_lost() -> None:
    tracker, _ = started(replace(LONG_TERM, found_above=1.0))
    tracker.update(BLACK)
    assert tracker.update(square((160, 120))).state == "lost"


def test_being_lost_does_not_leak_into_the_next_sequence() -> None:
    tracker, engine = started()
    for _ in range(3):
        tracker.update(BLACK)
    tracker.init(square((160, 120)), (140, 100, 40, 40))
    assert not tracker.is_lost
    assert engine.shapes[-1] == (1, 255, 255, 3)


def test_the_long_term_variant_keeps_a_place_outside_and_reports_one_inside() -> None:
    tracker, _ = started()
    tracker.target = replace(tracker.target, center=np.array([-20.0, 120.0]))
    tracker._move = lambda *_: None  # type: ignore[method-assign]
    box = tracker.update(square((10, 120))).box
    assert tracker.target.center[0] == -20.0
    assert box[0] + box[2] / 2 == 0.0


def test_files_of_one_size_are_refused_where_another_is_needed() -> None:
    engine = SquareEngine()
    engine.info = replace(engine.info, any_search_size=False)
    SiamRPNTracker(engine)
    for settings in (LONG_TERM, SiamRPNSettings(search_size=287)):
        with pytest.raises(InputError, match=r"search regions of 255 pixels alone, not of \d+"):
            SiamRPNTracker(engine, settings)


def test_targets_of_which_one_is_lost_share_a_video() -> None:
    engine = SquareEngine()
    tracker = MultiTracker(engine)
    tracker.add("a", square((80, 60), size=30), (65, 45, 30, 30))
    tracker.add("b", square((80, 60), size=30), (65, 45, 30, 30))
    tracker.targets["b"] = SiamRPNTracker(engine, LONG_TERM)
    tracker.targets["b"].init(square((80, 60), size=30), (65, 45, 30, 30))
    tracker.update(BLACK)
    results = tracker.update(BLACK)
    assert [shape[1] for shape in engine.shapes[-2:]] == [255, 831]
    assert list(results) == ["a", "b"]


def test_a_word_is_no_yes() -> None:
    with pytest.raises(InputError, match="long_term must be true or false, got 'false'"):
        SiamRPNSettings(long_term="false")  # type: ignore[arg-type]
