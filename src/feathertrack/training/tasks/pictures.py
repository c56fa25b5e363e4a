"""Pictures of pairs: what goes in, what should come out, and what does."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from feathertrack.data.batch import PairBatch

WANTED, FOUND = (255, 64, 0), (0, 200, 255)
"""Colours, RGB, of the box that is annotated and of the one that the network finds."""


def pair_picture(
    batch: PairBatch,
    number: int,
    *,
    maps: Sequence[Tensor],
    found: ArrayLike | None = None,
    stride: int = 8,
) -> NDArray[np.uint8]:
    """Template and search region with its boxes, then maps over the search region, side by side.

    Args:
        batch: the pairs.
        number: which of them.
        maps: values 0..1 (m, n), each drawn where its cells are.
        found: the network's box, x, y, w, h in the search region.
        stride: pixels per cell.
    """
    search = _pixels(batch.search[number])
    boxed = search.copy()
    _draw(boxed, batch.search_boxes[number].cpu().numpy(), WANTED)
    if found is not None:
        _draw(boxed, np.asarray(found), FOUND)
    side = search.shape[0]
    corner = _pixels(batch.template[number])
    padded = np.zeros_like(search)
    padded[: corner.shape[0], : corner.shape[1]] = corner[:side, :side]
    heats = [_heat(search, values, stride) for values in maps]
    return np.concatenate([padded, boxed, *heats], axis=1)


def _draw(image: NDArray[np.uint8], box: NDArray[np.floating], color: tuple[int, int, int]) -> None:
    far = 4.0 * max(image.shape)  # OpenCV takes no numbers beyond its integers
    x, y, right, bottom = np.clip(
        np.nan_to_num([box[0], box[1], box[0] + box[2], box[1] + box[3]]), -far, far
    )
    cv2.rectangle(image, (round(x), round(y)), (round(right), round(bottom)), color, 2)


def _pixels(image_3HW: Tensor) -> NDArray[np.uint8]:
    pixels = image_3HW.detach().float().clamp(0, 255).round().byte().permute(1, 2, 0)
    return np.ascontiguousarray(pixels.cpu().numpy())


def _heat(search: NDArray[np.uint8], values_mn: Tensor, stride: int) -> NDArray[np.uint8]:
    """A map of values 0..1 laid over the search region where its cells are."""
    side = search.shape[0]
    rows, columns = values_mn.shape
    values = values_mn.detach().float().cpu().numpy()
    small = np.clip(255 * values, 0, 255).astype(np.uint8)
    heat = np.zeros((side, side), np.uint8)
    height, width = min(stride * rows, side), min(stride * columns, side)
    top, left = (side - height) // 2, (side - width) // 2
    heat[top : top + height, left : left + width] = cv2.resize(
        small, (width, height), interpolation=cv2.INTER_NEAREST
    )
    colors = cv2.cvtColor(cv2.applyColorMap(heat, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    return np.asarray(cv2.addWeighted(search, 0.4, colors, 0.6, 0), dtype=np.uint8)
