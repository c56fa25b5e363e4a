"""The samples that a filter remembers, and how much each counts.

New samples push old ones out by weight; those of the first frame may keep a share for good.
Specification of ATOM, section 6.
"""

from __future__ import annotations

import torch
from torch import Tensor

from feathertrack.trackers.online.problems import Samples


class SampleWeights:
    """The weight of every slot of a memory.

    Args:
        slots: how many samples are kept.
        first: samples of the first frame; they begin with equal weights in the first slots.
        kept: share that the samples of the first frame keep together, and then their slots are
            never taken; None lets them fade.
    """

    def __init__(
        self, slots: int, *, first: int, kept: float | None, dtype: torch.dtype = torch.float32
    ) -> None:
        if first > slots:
            raise ValueError(f"a memory of {slots} slots cannot hold {first} first samples")
        self.values = torch.zeros(slots, dtype=dtype)
        self.values[:first] = 1 / first if first else 0
        self.first = first
        self.kept = kept
        self._last: int | None = None

    def add(self, rate: float) -> int:
        """Return the slot for a new sample, whose weight becomes ``rate`` before scaling to 1.

        Where the first samples' share is restored the sum is not quite 1, as in the reference.
        """
        weights = self.values
        if self.first == 0 or rate == 1:
            slot = 0
            weights.zero_()
            weights[0] = 1
        else:
            begin = 0 if self.kept is None or self.first == len(weights) else self.first
            slot = begin + int(torch.argmin(weights[begin:]))
            if self._last is None:
                weights /= 1 - rate
                weights[slot] = rate
            else:
                weights[slot] = weights[self._last] / (1 - rate)
        weights /= weights.sum()
        if self.kept is not None and weights[: self.first].sum() < self.kept:
            weights /= self.kept + weights[self.first :].sum()
            weights[: self.first] = self.kept / self.first
        self._last = slot
        return slot


class SampleMemory:
    """Projected samples (D, slots, n, m) with labels and weights; slots are filled in order."""

    def __init__(self, maps_DNnm: Tensor, labels_Nnm: Tensor, *, slots: int, kept: float | None):
        width, first, rows, columns = maps_DNnm.shape
        self.weights = SampleWeights(slots, first=first, kept=kept, dtype=maps_DNnm.dtype)
        self.maps_DMnm = maps_DNnm.new_zeros(width, slots, rows, columns)
        self.labels_Mnm = maps_DNnm.new_zeros(slots, rows, columns)
        self.maps_DMnm[:, :first] = maps_DNnm
        self.labels_Mnm[:first] = labels_Nnm
        self.filled = first

    def add(self, map_Dnm: Tensor, label_nm: Tensor, *, rate: float) -> int:
        """Keep a sample in place of the one that counts least, and return its slot."""
        slot = self.weights.add(rate)
        self.maps_DMnm[:, slot] = map_Dnm
        self.labels_Mnm[slot] = label_nm
        self.filled = max(self.filled, slot + 1)
        return slot

    @property
    def samples(self) -> Samples:
        """What is remembered; slots that were never filled are left out."""
        return Samples(
            maps_CNnm=self.maps_DMnm[:, : self.filled],
            labels_Nnm=self.labels_Mnm[: self.filled],
            weights_N=self.weights.values[: self.filled],
        )
