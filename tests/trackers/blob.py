"""A network that needs no weights: the response is where the search region is bright."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.engines.protocol import Features, Images, NetworkInfo, Outputs


class BlobEngine:
    """Answers with the brightness of the search region; white gives 10."""

    name, device, precision = "test", "cpu", "float32"
    info = NetworkInfo(name="blob", family="siamfc", stride=8, template_size=127, search_size=255)

    def __init__(self, *, gain: float = 1.0) -> None:
        self.gain = gain
        self.num_calls = 0

    def embed(self, template: Images) -> Features:
        return Features(template.mean(axis=(1, 2, 3)).astype(np.float32))

    def predict(self, features: Features, search: Images) -> Outputs:
        self.num_calls += 1
        return (np.stack([self._response(image) for image in search])[:, None] * self.gain,)

    def stack(self, features: Sequence[Features]) -> Features:
        return Features(np.concatenate([np.asarray(feature) for feature in features]))

    @staticmethod
    def _response(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        smooth = cv2.blur(image.mean(axis=2).astype(np.float32), (31, 31))
        return np.asarray(smooth[63:192:8, 63:192:8] / 25.5, dtype=np.float32)


def scene(
    center_xy: tuple[float, float], *, size: int = 24, frame: tuple[int, int] = (160, 120)
) -> NDArray[np.uint8]:
    """A white square on black; ``frame`` is (width, height)."""
    image = np.zeros((frame[1], frame[0], 3), np.uint8)
    x, y = (round(value - size / 2) for value in center_xy)
    image[max(y, 0) : max(y + size, 0), max(x, 0) : max(x + size, 0)] = 255
    return image
