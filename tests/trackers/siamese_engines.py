"""Networks of SiamRPN++ and SiamKPN that need no weights: they find the bright square."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.data.targets.anchors import anchor_sizes
from feathertrack.engines.protocol import Features, Images, NetworkInfo, Outputs


class SquareEngine:
    """Answers with where the brightest square is and how large; black gives scores near 0."""

    name, device, precision = "test", "cpu", "float32"

    def __init__(self, family: str = "siamrpn", *, anchors: str = "pysot") -> None:
        self.info = NetworkInfo(
            name="square",
            family=family,
            stride=8,
            template_size=127,
            search_size=255,
            any_search_size=True,
            conventions=dict.fromkeys(("anchors", "crop", "decoding"), anchors)
            if family == "siamrpn"
            else {},
        )
        self.shapes: list[tuple[int, ...]] = []

    def embed(self, template: Images) -> Features:
        return Features(np.zeros((len(template), 1), np.float32))

    def stack(self, features: Sequence[Features]) -> Features:
        return Features(np.concatenate([np.asarray(feature) for feature in features]))

    def predict(self, features: Features, search: Images) -> Outputs:
        self.shapes.append(search.shape)
        each = [self._answer(np.asarray(image)) for image in search]
        return tuple(np.stack(outputs) for outputs in zip(*each, strict=True))

    def _answer(self, image: NDArray[np.uint8]) -> Outputs:
        bright = image.mean(axis=2) > 128
        side = (image.shape[0] - 127) // 8 + (9 if self.info.family == "siamrpn" else 15)
        line = 8.0 * (np.arange(side) - side // 2)
        rows, columns = np.nonzero(bright)
        middle = (image.shape[0] - 1) / 2
        found = len(rows) > 0
        y, x = (rows.mean() - middle, columns.mean() - middle) if found else (0.0, 0.0)
        height, width = (np.ptp(rows) + 1.0, np.ptp(columns) + 1.0) if found else (60.0, 60.0)
        logit = 6 - ((line[None] - x) ** 2 + (line[:, None] - y) ** 2) / 200 if found else -6.0
        logit = np.broadcast_to(np.asarray(logit), (side, side))
        if self.info.family == "siamrpn":
            return self._anchored(logit, (x, y, width, height), line)
        offsets = np.stack(np.broadcast_arrays((x - line)[None], (y - line)[:, None])) / 64
        sizes = np.broadcast_to(np.array([width, height])[:, None, None], (2, side, side))
        return tuple(part.astype(np.float32) for part in (logit[None], offsets, sizes))

    def _anchored(
        self, logit: NDArray[np.float64], box: tuple[float, ...], line: NDArray[np.float64]
    ) -> Outputs:
        x, y, width, height = box
        kind = self.info.conventions["anchors"]
        sizes = anchor_sizes(kind=kind)  # type: ignore[arg-type]
        shape = (len(line), len(line))
        loc = [
            [np.broadcast_to((x - line)[None] / w, shape) for w, _ in sizes],
            [np.broadcast_to((y - line)[:, None] / h, shape) for _, h in sizes],
            [np.full(shape, np.log(width / w)) for w, _ in sizes],
            [np.full(shape, np.log(height / h)) for _, h in sizes],
        ]
        cls = np.concatenate([np.zeros((5, *shape)), np.repeat(logit[None], 5, axis=0)])
        return cls.astype(np.float32), np.array(loc).reshape(20, *shape).astype(np.float32)


def square(
    center_xy: tuple[float, float], *, size: int = 40, frame: tuple[int, int] = (320, 240)
) -> NDArray[np.uint8]:
    """A white square on black; ``frame`` is (width, height)."""
    image = np.zeros((frame[1], frame[0], 3), np.uint8)
    x, y = (round(value - size / 2) for value in center_xy)
    cv2.rectangle(image, (x, y), (x + size - 1, y + size - 1), (255, 255, 255), -1)
    return image
