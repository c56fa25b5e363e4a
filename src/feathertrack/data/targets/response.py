"""What a SiamFC response should look like: one where the target is, zero elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def response_label(
    height: int,
    width: int,
    *,
    positive_radius: float = 16.0,
    neutral_radius: float = 0.0,
    stride: int = 8,
) -> NDArray[np.float32]:
    """Label map of a pair whose target is in the middle of the search region.

    Distances are counted along rows and columns, |x| + |y| in cells (FDSiamFC, ``_create_labels``).

    Args:
        height: rows of the response.
        width: columns of the response.
        positive_radius: pixels around the middle that are the target, border included.
        neutral_radius: pixels around the middle that are neither, border excluded; none where it is
            not larger than ``positive_radius``.
        stride: pixels per cell.

    Returns:
        float32 (height, width): 1 target, 0.5 neither, 0 background.

    >>> int(response_label(15, 15).sum())
    13
    """
    rows = np.abs(np.arange(height) - (height - 1) / 2)
    columns = np.abs(np.arange(width) - (width - 1) / 2)
    distance = rows[:, None] + columns[None, :]
    label = np.zeros((height, width), dtype=np.float32)
    label[distance < neutral_radius / stride] = 0.5
    label[distance <= positive_radius / stride] = 1.0
    return label
