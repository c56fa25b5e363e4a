"""What a filter remembers."""

from __future__ import annotations

import pytest
import torch

from feathertrack.trackers.online.memory import SampleMemory, SampleWeights


def test_a_new_sample_takes_the_slot_that_counts_least_and_weights_sum_up_to_one() -> None:
    weights = SampleWeights(5, first=2, kept=None)
    assert [weights.add(0.1) for _ in range(3)] == [2, 3, 4]
    newest = float(weights.values[4])
    before = float(weights.values.sum())
    assert before == pytest.approx(1)
    assert weights.add(0.1) == 2  # the oldest of those that came later
    assert weights.values.sum() == pytest.approx(1)
    assert weights.values[2] / weights.values[4] == pytest.approx(1 / 0.9)
    assert weights.values[4] < newest


def test_samples_of_the_first_frame_keep_their_share() -> None:
    weights = SampleWeights(6, first=3, kept=0.25)
    slots = [weights.add(0.3) for _ in range(40)]
    assert set(slots) == {3, 4, 5}
    assert weights.values[:3].sum() == pytest.approx(0.25)
    assert weights.values.sum() == pytest.approx(1, rel=0.1)


def test_memory_shows_only_what_was_filled() -> None:
    memory = SampleMemory(torch.ones(2, 3, 4, 4), torch.zeros(3, 4, 4), slots=6, kept=None)
    assert memory.samples.maps_CNnm.shape == (2, 3, 4, 4)
    memory.add(torch.full((2, 4, 4), 5.0), torch.ones(4, 4), rate=0.1)
    seen = memory.samples
    assert seen.maps_CNnm.shape == (2, 4, 4, 4)
    assert (seen.maps_CNnm[:, 3] == 5).all()
    assert seen.labels_Nnm[3].all()
    with pytest.raises(ValueError, match="2 slots cannot hold 3"):
        SampleMemory(torch.ones(2, 3, 4, 4), torch.zeros(3, 4, 4), slots=2, kept=None)
