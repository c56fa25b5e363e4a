"""The official checkpoints in every runtime, against the numbers of the reference code."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from feathertrack.boxes import zero_based
from feathertrack.engines import Engine, create_engine
from feathertrack.engines.measuring import relative_difference
from feathertrack.engines.protocol import Images
from feathertrack.trackers.siamfc import SiamFCTracker
from tests.shared_data import shared

CHECKPOINTS = ["FDSiamfc_30", "FDSiamfc_15", "FDSiamd"]
RUNTIMES: list[Any] = ["torch", "onnx", "openvino"]
BAG_BOX = [292.23, 128.36, 145.96, 132.47]  # 1-based


def _pictures(number: int, side: int) -> Images:
    """Smooth pictures: what the networks were made for, unlike noise."""
    rows, columns = np.mgrid[0:side, 0:side] / 127
    waves = [
        np.sin(np.add.outer(np.arange(number * 3), 3 * rows * (index + 1) + 2 * columns))
        for index in range(2)
    ]
    smooth = 127 + 60 * (waves[0] + waves[1])
    return (
        np.clip(smooth, 0, 255)
        .astype(np.uint8)
        .reshape(number, 3, side, side)
        .transpose(0, 2, 3, 1)
        .copy()
    )


@pytest.fixture(scope="module", params=CHECKPOINTS)
def engines(request: pytest.FixtureRequest) -> dict[str, Engine]:
    weights = shared(f"checkpoints/{request.param}.pth")
    return {
        name: create_engine(weights, engine=name, precision="float32", threads=1)
        for name in RUNTIMES
    }


def test_runtimes_agree_on_official_weights(engines: dict[str, Engine]) -> None:
    template, search = _pictures(1, 127), _pictures(3, 255)
    outputs = {name: one.predict(one.embed(template), search) for name, one in engines.items()}
    for name in ("onnx", "openvino"):
        assert relative_difference(outputs[name], outputs["torch"]) < 1e-4, name


def test_exported_networks_know_what_they_are(engines: dict[str, Engine]) -> None:
    assert engines["onnx"].info == engines["torch"].info == engines["openvino"].info
    assert engines["onnx"].info.name in {"fdsiamfc_30", "fdsiamfc_15", "fdsiamd_50"}
    assert len(engines["onnx"].info.digest) == 64


def test_responses_on_video_are_those_of_the_reference() -> None:
    """The first two frames of bag.avi: crops, kernel and responses as the reference logged them."""
    golden = np.load(shared("goldens/fdsiamfc/trace_bag_FDSiamfc_30.npz"))
    weights = shared("checkpoints/FDSiamfc_30.pth")
    first, *others = _frames(3)
    for name in RUNTIMES:
        engine = create_engine(weights, engine=name, precision="float32", threads=1)
        tracker = SiamFCTracker(engine)
        tracker.init(first, zero_based(np.array(BAG_BOX)))
        for number, frame in enumerate(others, start=1):
            outputs = engine.predict(tracker.features, tracker.search(frame))
            expected = golden[f"raw_response_frame{number}"][:, None]
            assert relative_difference(outputs, (expected,)) < 1e-4, (name, number)
            tracker.decode(outputs)


def _frames(number: int) -> list[Images]:
    video = cv2.VideoCapture(str(shared("sequences/bag.avi")))
    frames = [video.read()[1] for _ in range(number)]
    video.release()
    return [cv2.cvtColor(frame, cv2.COLOR_BGR2RGB).astype(np.uint8) for frame in frames]
