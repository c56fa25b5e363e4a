from __future__ import annotations

import numpy as np
import pytest

from feathertrack.engines.protocol import Features, Images, Outputs
from feathertrack.tuning.replay.batches import Region
from feathertrack.tuning.replay.engine import SharedEngine
from feathertrack.tuning.replay.memo import Memo
from tests.trackers.siamese_engines import SquareEngine


class ByNumber(SquareEngine):
    """Answers with the means of regions; calls of more than ``honest`` regions are a bit off."""

    def __init__(self, *, honest: int) -> None:
        super().__init__()
        self.honest = honest

    def predict(self, features: Features, search: Images) -> Outputs:
        self.shapes.append(search.shape)
        means = search.mean(axis=(1, 2, 3), dtype=np.float32)
        return (np.nextafter(means, np.float32(np.inf)) if len(search) > self.honest else means,)


def asked_for(engine: ByNumber, number: int, memo: Memo, *, largest: int = 0) -> SharedEngine:
    """Ask for so many distinct regions in one frame and see that the answers are right."""
    shared = SharedEngine(engine, memo=memo, largest=largest)
    rng = np.random.default_rng(number)
    regions = rng.integers(0, 256, (number, 1, 9, 9, 3), dtype=np.uint8)
    features = shared.embed(np.zeros((1, 9, 9, 3), np.uint8))
    with shared.frame():
        keys = [shared.ask(features, [Region.of(picture)]) for (picture,) in regions]
        shared.compute()
        answers = [shared.fetch(key)[0][0] for key in keys]
    np.testing.assert_array_equal(answers, regions.mean(axis=(1, 2, 3, 4), dtype=np.float32))
    return shared


@pytest.mark.parametrize(("honest", "used"), [(99, 8), (4, 4), (1, 1)])
def test_only_batches_that_change_no_bit_are_used(honest: int, used: int) -> None:
    engine, memo = ByNumber(honest=honest), Memo()
    asked_for(engine, 8, memo)
    engine.shapes.clear()
    counts = asked_for(engine, 16, memo).statistics
    assert [shape[0] for shape in engine.shapes] == [used] * (16 // used)
    assert (counts.checked, counts.calls, counts.computed) == (0, 16 // used, 16)


def test_the_largest_batch_can_be_set() -> None:
    engine, memo = ByNumber(honest=99), Memo()
    asked_for(engine, 2, memo, largest=2)
    engine.shapes.clear()
    asked_for(engine, 6, memo, largest=2)
    assert [shape[0] for shape in engine.shapes] == [2, 2, 2]
