"""Whole batches as worker processes send them: pictures in bytes where no colour was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.data.augment.geometry import ViewPlan
from feathertrack.data.preparing import Pair, RawPair
from feathertrack.errors import FeathertrackError


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a worker sends: pictures as (B, H, W, 3), bytes where no colour was changed."""

    template: Tensor
    search: Tensor
    template_boxes: Tensor
    search_boxes: Tensor
    positive: Tensor
    seeds: Tensor
    plans: tuple[tuple[ViewPlan, ...], tuple[ViewPlan, ...]] | None = None
    problems: tuple[str, ...] = ()
    error: FeathertrackError | None = None

    def to(self, device: torch.device) -> Prepared:
        """The same on a device."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Prepared:
        """The same in memory that a GPU reads by itself; ``DataLoader`` calls it."""
        return self._each(Tensor.pin_memory)

    def shared(self) -> Prepared:
        """The same in memory that other processes can map.

        Raises:
            RuntimeError: there is no such memory left.
        """
        return self._each(Tensor.share_memory_)

    def _each(self, change: Any) -> Prepared:
        tensors = {
            field.name: change(value)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **tensors)


def collate(pairs: Sequence[Pair]) -> Prepared:
    """Join pairs that are cut."""
    return Prepared(
        template=_stack([pair.template for pair in pairs]),
        search=_stack([pair.search for pair in pairs]),
        template_boxes=_boxes([pair.template_box for pair in pairs]),
        search_boxes=_boxes([pair.search_box for pair in pairs]),
        **_rest(pairs),
    )


def collate_raw(pairs: Sequence[RawPair]) -> Prepared:
    """Join pairs whose views are cut on the device."""
    return Prepared(
        template=_stack([pair.patches[0] for pair in pairs]),
        search=_stack([pair.patches[1] for pair in pairs]),
        template_boxes=torch.empty(0),
        search_boxes=torch.empty(0),
        plans=(tuple(pair.plans[0] for pair in pairs), tuple(pair.plans[1] for pair in pairs)),
        **_rest(pairs),
    )


def _rest(pairs: Sequence[Pair | RawPair]) -> dict[str, Any]:
    return {
        "positive": torch.tensor([pair.positive for pair in pairs]),
        "seeds": torch.tensor([pair.seed for pair in pairs], dtype=torch.int64),
        "problems": tuple(problem for pair in pairs for problem in pair.problems),
    }


def failed(error: FeathertrackError) -> Prepared:
    """Return what is sent in place of a batch that could not be made."""
    empty = torch.empty(0)
    return Prepared(
        template=empty,
        search=empty,
        template_boxes=empty,
        search_boxes=empty,
        positive=empty,
        seeds=empty,
        error=error,
    )


def _stack(images: Sequence[NDArray[Any]]) -> Tensor:
    return torch.from_numpy(np.stack(images))  # one float picture makes all of them float


def _boxes(boxes: Sequence[NDArray[np.float64]]) -> Tensor:
    return torch.from_numpy(np.stack(boxes).astype(np.float32))


def planes(images: Tensor) -> Tensor:
    """(B, H, W, 3) as (B, 3, H, W), in the order of memory that convolutions on a CPU like best."""
    return images.permute(0, 3, 1, 2)
