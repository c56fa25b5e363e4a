"""From the same weights and frames come the boxes of the reference trackers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from feathertrack.boxes import xyxy_to_xywh
from feathertrack.engines import create_engine
from feathertrack.imaging.crop import cut_window
from feathertrack.trackers.siamkpn import SiamKPNSettings, SiamKPNTracker
from feathertrack.trackers.siamrpn import SiamRPNSettings, SiamRPNTracker
from tests.golden_fill import fill_image, fill_state_dict
from tests.shared_data import shared

pytestmark = pytest.mark.slow  # networks of 54 and 91 million parameters

TOLERANCE = 1e-2
"""Pixels; the goldens'."""


def to_rgb(picture_3HW: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A filled picture, BGR as the references have it, as RGB uint8 (H, W, 3)."""
    picture = np.clip(np.rint(picture_3HW), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(picture.transpose(1, 2, 0)[..., ::-1])


def load(
    name: str, state: dict[str, NDArray[np.float32]], *, engine: Any = "torch", **options: object
) -> Any:
    import torch

    from feathertrack.models import create_model

    with torch.device("meta"):
        network = create_model(name, **options)
    tensors = {key: torch.as_tensor(value) for key, value in state.items()}
    network.load_state_dict(tensors, assign=True)
    return create_engine(network.eval(), engine=engine, precision="float32")


def pysot_frames(sequence: dict[str, Any]) -> list[NDArray[np.uint8]]:
    (height, width), (rows, columns) = sequence["size_hw"], sequence["target_hw"]
    target = to_rgb(fill_image("trace_target", (3, rows, columns)))
    frames = []
    for number in range(sequence["frames"]):
        frame = to_rgb(fill_image("trace_background", (3, height, width)))
        x, y = (
            first + step * number
            for first, step in zip(sequence["start_xy"], sequence["step_xy"], strict=True)
        )
        frame[y : y + rows, x : x + columns] = target
        frames.append(frame)
    return frames


def overridden(folder: Path, changes: dict[str, Any]) -> dict[str, NDArray[np.float32]]:
    shapes = json.loads((folder / "forward.json").read_text())["state_dict"]
    state = fill_state_dict(shapes)
    for key, factor in changes["scale"].items():
        state[key] = state[key] * np.float32(factor)
    for key, term in changes["add"].items():
        state[key] = state[key] + np.float32(term)
    return state


@pytest.mark.parametrize("folder", ["siamrpn_r50", "siamkpn_stack3_difstd"])
def test_boxes_equal_the_trace(folder: str) -> None:
    golden = shared(f"goldens/{folder}")
    about = json.loads((golden / "trace.json").read_text())
    values = about["track_cfg"]
    settings: dict[str, Any] = {
        "size_penalty": values["PENALTY_K"],
        "window_weight": values["WINDOW_INFLUENCE"],
        "size_rate": values["LR"],
    }
    state = overridden(golden, about["overrides"])
    tracker: SiamRPNTracker | SiamKPNTracker
    if folder == "siamrpn_r50":
        tracker = SiamRPNTracker(load("siamrpn_r50", state), SiamRPNSettings(**settings))
    else:
        tracker = SiamKPNTracker(load("siamkpn_r50_3s", state), SiamKPNSettings(**settings))
    frames = pysot_frames(about["sequence"])
    log = about["log"]
    tracker.init(frames[0], log[0]["init_box"])
    check_start(tracker, frames[0], log[0])
    with np.load(golden / "trace.npz") as stored:
        boxes, scores, indices = (stored[key] for key in ("bbox", "best_score", "best_index"))
    for number, (frame, expected) in enumerate(zip(frames[1:], log[1:], strict=True)):
        assert check_choice(tracker, frame, expected) == indices[number]
        result = tracker.update(frame)
        assert tracker.best_score == pytest.approx(scores[number], abs=1e-4)
        for box in (expected["bbox"], boxes[number]):
            off = np.abs(result.box - box).max()
            assert off < TOLERANCE, f"frame {expected['frame']} is off by {off:.4f} px"
        np.testing.assert_allclose(tracker.target.center, expected["center"], atol=TOLERANCE)
        np.testing.assert_allclose(tracker.target.size, expected["size"], atol=TOLERANCE)


def check_start(tracker: Any, frame: NDArray[np.uint8], expected: dict[str, Any]) -> None:
    """The template's crop, its fill colour and the first state are the reference's."""
    np.testing.assert_allclose(tracker.target.center, expected["center"])
    np.testing.assert_allclose(tracker.target.size, expected["size"])
    np.testing.assert_allclose(tracker.fill[::-1], expected["channel_average"], atol=1e-4)
    assert round(tracker._side()) == expected["z_original_sz"]
    template = cut_window(frame, tracker._template())
    assert template.mean() == pytest.approx(expected["crop_mean"], abs=1e-4)


def check_choice(tracker: Any, frame: NDArray[np.uint8], expected: dict[str, Any]) -> int:
    """The search region, and what is chosen in it and how surely; returns the choice."""
    search = tracker.search(frame)
    assert search.mean() == pytest.approx(expected["crop_mean"], abs=1e-4)
    assert round(tracker._side() * 255 / 127) == expected["x_original_sz"]
    assert tracker._scale()[0] == pytest.approx(expected["scale_z"], abs=1e-4)
    outputs = tracker.engine.predict(tracker.features, search)
    proposals = tracker.propose(outputs)
    offered = proposals.offered
    count = len(proposals.score) if offered is None else int(offered.sum())
    assert count == expected["n_candidates"]
    best, penalties = tracker._rank(proposals, outputs)
    penalty, score = float(penalties[best]), float(proposals.score[best])
    assert score == pytest.approx(expected["best_score"], abs=1e-4)
    assert penalty == pytest.approx(expected["penalty"], abs=1e-4)
    weight = tracker.window_weight
    ranked = penalty * score * (1 - weight) + float(proposals.window[best]) * weight
    assert ranked == pytest.approx(expected["pscore"], abs=1e-4)
    rate = penalty * score * tracker.settings.size_rate
    assert rate == pytest.approx(expected["lr"], abs=1e-4)
    assert best == expected["best_index"]
    return int(best)


@pytest.mark.parametrize("engine", ["torch", "onnx", "openvino"])
@pytest.mark.parametrize(
    ("trace", "values"), [("lasot", (0.05, 0.42, 0.38)), ("uav123", (0.1, 0.1, 0.5))]
)
def test_boxes_equal_the_trace_of_mmtracking(
    trace: str, values: tuple[float, float, float], engine: str
) -> None:
    from feathertrack.weights.siamrpn import pysot_name

    golden = shared("goldens/siamrpnpp_mmtracking")
    about = json.loads((golden / "meta.json").read_text())
    state = fill_state_dict(about["keys"])
    for key in [key for key in state if key.endswith("head_convs.1.conv.weight")]:
        part = "cls" if "cls_heads" in key else "reg"
        state[key] = state[key] * np.float32(about["final_conv_scale"][part])
    renamed = {pysot_name(key): value for key, value in state.items()}
    penalty, window, rate = values
    tracker = SiamRPNTracker(
        load("siamrpn_r50", renamed, engine=engine, anchors="mmtracking"),
        SiamRPNSettings(size_penalty=penalty, window_weight=window, size_rate=rate),
    )
    with np.load(golden / f"track_{trace}.npz") as stored:
        track, motion, first = (stored[key] for key in ("track", "motion", "init"))
    frames = mmtracking_frames(motion)
    tracker.init(frames[0], xyxy_to_xywh(first.astype(np.float64)))
    for number, frame in enumerate(frames[1:], start=1):
        result = tracker.update(frame)
        off = np.abs(result.box - xyxy_to_xywh(track[number, :4])).max()
        assert off < TOLERANCE, f"frame {number} is off by {off:.4f} px"
        assert tracker.best_score == pytest.approx(track[number, 4], abs=1e-4)


def mmtracking_frames(motion_xyxy: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    target = to_rgb(fill_image("object", (3, 48, 64)))
    frames = []
    for x0, y0, x1, y1 in motion_xyxy.astype(int):
        frame = to_rgb(fill_image("bg", (3, 240, 320)))
        frame[y0:y1, x0:x1] = target
        frames.append(frame)
    return frames
