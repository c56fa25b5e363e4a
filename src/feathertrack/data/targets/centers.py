"""The one conversion between this package's boxes and the coordinates of networks' targets."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def center_boxes(boxes_xywh: ArrayLike) -> NDArray[np.float64]:
    """Boxes of this package as centre x, centre y, width, height, counting pixel centres from 0.

    In a crop of 255 the middle is 127.5 in this package and 127 for anchors, keypoints and pixels.

    >>> center_boxes([[95.5, 95.5, 64.0, 64.0]])
    array([[127., 127.,  64.,  64.]])
    """
    boxes = np.asarray(boxes_xywh, dtype=np.float64)
    return np.concatenate([boxes[..., :2] + boxes[..., 2:] / 2 - 0.5, boxes[..., 2:]], axis=-1)
