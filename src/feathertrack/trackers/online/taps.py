"""A filter over many maps at once, as two matrix products and a few shifts.

A convolution with one output channel leaves a processor's vectors nearly empty. Here every tap of
the filter becomes a column of one matrix product with all cells of all maps, and the products are
then shifted into their places and added up. The adjoint runs backwards.

Shapes: N maps, C channels, n m sides of the maps, k sides of the filter, T = k * k taps. Maps are
kept with channels first, (C, N, n, m), a kernel as (C, T), responses as (N, n, m).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def respond(maps_CNnm: Tensor, kernel_CT: Tensor) -> Tensor:
    """Return the cross-correlation (N, n, m) of maps with a square filter of even or odd side.

    The maps are padded by k // 2 zeros; for an even side the last row and column are dropped, so
    that a response has the sides of a map: cell i sees the cells i - k // 2 ... i + (k - 1) // 2.

    >>> respond(torch.ones(1, 1, 4, 4), torch.ones(1, 4))[0, 0]
    tensor([1., 2., 2., 2.])
    """
    number, rows, columns = maps_CNnm.shape[1:]
    side = _side(kernel_CT)
    taps = torch.mm(kernel_CT.t(), maps_CNnm.reshape(len(maps_CNnm), -1))
    taps_uvNnm = taps.view(side, side, number, rows, columns)
    low = side // 2
    wide_uNnm = taps.new_zeros(side, number, rows, columns + side - 1)
    for v in range(side):
        start = side - 1 - v
        wide_uNnm[..., start : start + columns] += taps_uvNnm[:, v]
    tall_Nnm = taps.new_zeros(number, rows + side - 1, columns)
    first = side - 1 - low
    for u in range(side):
        start = side - 1 - u
        tall_Nnm[:, start : start + rows] += wide_uNnm[u, ..., first : first + columns]
    return tall_Nnm[:, first : first + rows]


def correlate(maps_CNnm: Tensor, errors_Nnm: Tensor, *, side: int) -> Tensor:
    """Return the adjoint of :func:`respond` in the kernel: (C, T) for errors (N, n, m)."""
    number, rows, columns = errors_Nnm.shape
    first = side - 1 - side // 2
    padded = errors_Nnm.new_zeros(number, rows + side - 1, columns + side - 1)
    padded[:, first : first + rows, first : first + columns] = errors_Nnm
    windows_Nuvnm = padded.unfold(1, rows, 1).unfold(2, columns, 1)
    spread = windows_Nuvnm.permute(1, 2, 0, 3, 4).reshape(side * side, -1)
    # The windows come in the order of growing offsets, which is that of the taps backwards.
    return torch.mm(maps_CNnm.reshape(len(maps_CNnm), -1), spread.t()).flip(1)


def _side(kernel_CT: Tensor) -> int:
    side = math.isqrt(kernel_CT.shape[1])
    assert side * side == kernel_CT.shape[1], "filters are square"
    return side
