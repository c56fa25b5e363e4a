"""What a tracker shows its network in sequences, and boxes of another engine in the same frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from feathertrack.benchmarks import Benchmark, open_benchmark
from feathertrack.engines.protocol import Features, Images
from feathertrack.errors import InputError
from feathertrack.trackers.creation import tracker_for
from feathertrack.trackers.recording import ShownFrame, record_frames, replayed_overlaps
from feathertrack.trackers.tracker import Tracker
from tests.trackers.blob import BlobEngine, scene


class TupleEngine(BlobEngine):
    """Gives features as engines of exported files do."""

    def embed(self, template: Images) -> Features:
        return Features((np.asarray(super().embed(template)),))


class Frozen:
    """A tracker without a network."""

    def init(self, image: object, box: object) -> None: ...

    def update(self, image: object) -> None: ...


def _benchmark(root: Path, lengths: Sequence[int]) -> Benchmark:
    """Sequences of a white square that goes two pixels to the right with every frame."""
    for number, length in enumerate(lengths):
        folder = root / f"seq{number}"
        folder.mkdir()
        for index in range(length):
            picture = cv2.imencode(".png", scene((50 + 2 * index, 60)))[1]
            (folder / f"{index:04d}.png").write_bytes(picture.tobytes())
        lines = [f"{38 + 2 * index},48,24,24\n" for index in range(length)]
        (folder / "groundtruth.txt").write_text("".join(lines))
    return open_benchmark("folder", root)


def _recorded(root: Path, lengths: Sequence[int], count: int) -> list[ShownFrame]:
    benchmark = _benchmark(root, lengths)
    return list(record_frames(tracker_for(TupleEngine()), benchmark, benchmark.names, count=count))


def test_frames_are_spread_over_all_sequences(tmp_path: Path) -> None:
    frames = _recorded(tmp_path, (9, 9, 1), 6)
    places = [float(frame.box[0]) for frame in frames]
    assert places == pytest.approx([46, 54, 46, 54], abs=6)  # true ones; the tracker lags behind
    assert places[:2] == places[2:]


def test_where_there_are_too_many_sequences_some_are_passed_over(tmp_path: Path) -> None:
    assert len(_recorded(tmp_path, (3, 3, 3, 3, 3), 2)) == 2


def test_what_was_shown_is_what_the_files_take(tmp_path: Path) -> None:
    frame = _recorded(tmp_path, (3,), 1)[0]
    features, search = frame.inputs
    assert features.shape == (1,)
    assert (search.shape, search.dtype) == ((3, 255, 255, 3), np.uint8)


def test_the_same_engine_gives_the_same_boxes_again_and_again(tmp_path: Path) -> None:
    frames = _recorded(tmp_path, (9,), 3)
    engine = TupleEngine()
    for _ in range(2):
        assert replayed_overlaps(frames, engine) == pytest.approx([1.0, 1.0, 1.0])
    assert engine.num_calls == 6


def test_another_answer_gives_another_box(tmp_path: Path) -> None:
    frames = _recorded(tmp_path, (9,), 2)
    assert (replayed_overlaps(frames, TupleEngine(gain=-1.0)) < 0.9).all()


def test_a_tracker_without_a_network_is_refused(tmp_path: Path) -> None:
    benchmark = _benchmark(tmp_path, (3,))
    frozen: Tracker = Frozen()  # type: ignore[assignment]
    with pytest.raises(InputError, match="what Frozen shows its network cannot be recorded"):
        list(record_frames(frozen, benchmark, benchmark.names, count=1))
