"""What a training step works on: a batch of template and search crops, and where the target is."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class PairBatch:
    """B pairs of crops, ready for a network.

    Attributes:
        template: RGB, 0..255, float32, (B, 3, h, w); augmented pixels may lie outside 0..255.
        search: RGB, 0..255, float32, (B, 3, H, W).
        template_boxes: the target in the template, x, y, w, h in its pixels, float32 (B, 4).
        search_boxes: the target in the search region, float32 (B, 4); of a negative pair it is the
            box of the other object that stands there.
        positive: whether both crops show the same target, bool (B,).
        seeds: int64 (B,), one per pair, a function of seed, epoch and index alone: a task that
            draws more random numbers, such as proposals, draws them from here.
    """

    template: Tensor
    search: Tensor
    template_boxes: Tensor
    search_boxes: Tensor
    positive: Tensor
    seeds: Tensor

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.positive)

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> PairBatch:
        """Return the same batch on a device."""
        moved = {
            field.name: getattr(self, field.name).to(device, non_blocking=non_blocking)
            for field in fields(self)
        }
        return replace(self, **moved)

    def pin_memory(self) -> PairBatch:
        """Return the same batch in page-locked memory, from which a GPU copies faster."""
        return replace(
            self, **{field.name: getattr(self, field.name).pin_memory() for field in fields(self)}
        )
