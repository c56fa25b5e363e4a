"""FEAR-XS as a tracker, to compare with: ``--tracker benchmarks.peers.fear_xs:FearXS``.

Borsuk et al., FEAR: Fast, Efficient, Accurate and Robust Visual Tracker, ECCV 2022, arXiv
2112.07957; github.com/PinataFarms/FEARTracker (MIT). The environment variable ``FEAR_XS`` names the
file ``fear_xs_tracker.onnx``, beside which ``fear_xs_init.onnx`` lies; FEATHERTRACK_SHARED is asked
where it does not.

Crops and cells are those of our Feather networks, so the tracker is theirs, with FEAR's settings:
what it proposes is taken over at once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from feathertrack.engines.protocol import Features, Images, NetworkInfo, Outputs
from feathertrack.trackers.feather import FeatherSettings, FeatherTracker

SETTINGS = FeatherSettings(
    size_penalty=0.062,
    window_weight=0.38,
    size_rate=1.0,
    smallest_side=2.0,
    lost_reach=0,  # it knows no lost targets
    renewal_share=0.0,  # nor second views, in what was published of it
)


class FearEngine:
    """Its two files through onnxruntime, one target at a time."""

    name, device, precision = "onnx", "cpu", "float32"

    def __init__(self, tracker: Path, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        init = tracker.with_name(tracker.name.replace("tracker", "init"))
        self._init, self._tracker = (
            onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
            for file in (init, tracker)
        )
        self.info = NetworkInfo(
            name="fear_xs", family="feather", stride=16, template_size=128, search_size=256
        )

    def embed(self, template: Images) -> Features:
        """Features of one template."""
        return Features(self._init.run(None, {"image": _planes(template)})[0])

    def predict(self, features: Features, search: Images) -> Outputs:
        """Logits (1, 1, 16, 16) and distances (1, 4, 16, 16)."""
        given = {"image": _planes(search), "template_features": features}
        boxes, scores = self._tracker.run(["bbox", "cls"], given)
        return scores, boxes

    def stack(self, features: Sequence[Features]) -> Features:
        """One target's features; its files take no more."""
        (only,) = features
        return only

    def blend(self, first: Features, second: Features, share: float) -> Features:
        """Refuse to: its published settings keep to one template."""
        raise NotImplementedError


class FearXS(FeatherTracker):
    """FEAR-XS with its published settings."""

    def __init__(self, engine: FearEngine | None = None) -> None:
        super().__init__(engine or FearEngine(_file()), SETTINGS)

    def _rate(self, penalty: float) -> float:
        return 1.0  # neither score nor penalty slow the size down


def _planes(images: Images) -> NDArray[np.float32]:
    pixels: NDArray[Any] = np.asarray(images).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(pixels, dtype=np.float32)


def _file() -> Path:
    shared = Path(os.environ.get("FEATHERTRACK_SHARED", "../shared"))
    return Path(os.environ.get("FEAR_XS") or shared / "checkpoints" / "fear_xs_tracker.onnx")
