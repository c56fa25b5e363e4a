from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from feathertrack.boxes import iou, one_based, zero_based
from feathertrack.engines.protocol import Features, Images, Outputs
from feathertrack.errors import InputError
from feathertrack.trackers.creation import create_tracker
from feathertrack.trackers.siamfc import SiamFCSettings, SiamFCTracker
from tests.shared_data import shared
from tests.trackers.blob import BlobEngine, scene

GOLDEN = "goldens/fdsiamfc"


def bag_frames() -> list[NDArray[np.uint8]]:
    capture = cv2.VideoCapture(str(shared("sequences/bag.avi")))
    frames = []
    while True:
        good, image = capture.read()
        if not good:
            return frames
        frames.append(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))


def run_on_bag(tracker: SiamFCTracker, first_box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes of every frame in the reference's convention, which counts from 1."""
    frames = bag_frames()
    tracker.init(frames[0], zero_based(first_box))
    return np.array([first_box, *(one_based(tracker.update(image).box) for image in frames[1:])])


@pytest.mark.parametrize(("preset", "trace"), [("", ""), ("@uav123", "_UAV123")])
def test_boxes_on_bag_equal_the_reference_trace(preset: str, trace: str) -> None:
    golden = np.loadtxt(shared(f"{GOLDEN}/trace_bag_FDSiamfc_30{trace}.txt"), delimiter=",")
    tracker = create_tracker(
        f"fdsiamfc_30{preset}",
        weights=shared("checkpoints/FDSiamfc_30.pth"),
        engine="torch",
        device="cpu",
        precision="float32",
    )
    assert isinstance(tracker, SiamFCTracker)
    worst = np.abs(run_on_bag(tracker, golden[0]) - golden).max(axis=1)
    assert worst.max() < 1e-2, f"frame {worst.argmax()} is off by {worst.max():.4f} px"


def test_crops_and_scales_of_the_first_frames_equal_the_reference() -> None:
    golden = np.load(shared(f"{GOLDEN}/trace_bag_FDSiamfc_30.npz"))
    box = np.loadtxt(shared(f"{GOLDEN}/trace_bag_FDSiamfc_30.txt"), delimiter=",")[0]
    frames = bag_frames()[:2]
    engine = BlobEngine()
    tracker = SiamFCTracker(engine)
    tracker.init(frames[0], zero_based(box))
    np.testing.assert_allclose(tracker.scales, golden["scale_factors"])
    np.testing.assert_allclose(tracker.fill, golden["avg_color"], atol=1e-4)
    np.testing.assert_array_equal(tracker.search(frames[1]).reshape(-1)[::61], golden["x_crops"])


def start(size: int = 24, **settings: object) -> SiamFCTracker:
    tracker = SiamFCTracker(BlobEngine(), SiamFCSettings(**settings))  # type: ignore[arg-type]
    corner = (80 - size / 2, 60 - size / 2)
    tracker.init(scene((80, 60), size=size), (*corner, size, size))
    return tracker


def test_follows_a_moving_square() -> None:
    tracker = start()
    for step in range(1, 20):
        center = (80 + 2 * step, 60 - step)
        result = tracker.update(scene(center))
    assert np.abs(result.box[:2] + result.box[2:] / 2 - center).max() < 6
    assert result.state == "tracking"


def test_init_forgets_the_earlier_target() -> None:
    fresh, used = start(), start()
    for step in range(8):
        used.update(scene((80 + 3 * step, 60)))
    used.init(scene((80, 60)), (68, 48, 24, 24))
    image = scene((84, 60))
    np.testing.assert_array_equal(fresh.update(image).box, used.update(image).box)


def test_score_falls_and_state_becomes_lost_when_the_target_is_covered() -> None:
    tracker = start()
    visible = tracker.update(scene((80, 60)))
    covered = [tracker.update(np.zeros((120, 160, 3), np.uint8)) for _ in range(4)]
    assert visible.score > 0.9
    assert covered[-1].score < 0.1
    assert [result.state for result in covered] == ["uncertain", "uncertain", "lost", "lost"]


def test_target_outside_the_frame_is_no_error() -> None:
    tracker = start()
    for step in range(60):
        result = tracker.update(scene((80 + 4 * step, 60)))
    assert np.isfinite(result.box).all()


@pytest.mark.parametrize("brightest", [0, 2])
def test_size_stays_bounded(brightest: int) -> None:
    class Runaway(BlobEngine):
        """Always prefers the smallest, or the largest, search region."""

        def predict(self, features: Features, search: Images) -> Outputs:
            response = np.zeros((len(search), 1, 17, 17), np.float32)
            response[brightest, 0, 8, 8] = 9
            return (response,)

    tracker = SiamFCTracker(Runaway(), SiamFCSettings(scale_step=1.3))
    tracker.init(scene((80, 60)), (68, 48, 24, 30))
    for _ in range(60):
        box = tracker.update(scene((80, 60))).box
    assert (
        box[2:].min() == pytest.approx(4) if brightest == 0 else box[2:].max() == pytest.approx(320)
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_outputs_that_are_not_finite_leave_the_box_where_it_was(value: float) -> None:
    tracker = start()
    before = tracker.update(scene((80, 60)))
    after = tracker.decode((np.full((3, 1, 17, 17), value, np.float32),))
    np.testing.assert_array_equal(before.box, after.box)
    assert after.score < 1e-9


def test_frame_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match="the frame is 64 x 48, the target was given on 160 x 120"):
        start().update(np.zeros((48, 64, 3), np.uint8))


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((10, 10, float("nan"), 5), "not finite"),
        ((10, 10, 0, 5), "no area"),
        ((10, 10, 5, -5), "no area"),
        ((500, 10, 5, 5), "outside the frame"),
        ((0, 0, 1e9, 5), "four times"),
        ((1, 2, 3), "3 numbers"),
        ("abc", "not four numbers"),
    ],
)
def test_bad_first_box_is_refused(box: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        SiamFCTracker(BlobEngine()).init(scene((80, 60)), box)  # type: ignore[arg-type]


def test_one_pixel_picture_can_be_tracked() -> None:
    tracker = SiamFCTracker(BlobEngine())
    pixel = np.full((1, 1, 3), 200, np.uint8)
    tracker.init(pixel, (0, 0, 1, 1))
    assert np.isfinite(tracker.update(pixel).box).all()


@pytest.mark.parametrize("image", [np.zeros((9, 9)), np.zeros((9, 9, 3)), "a.png"])
def test_image_of_another_kind_is_refused(image: object) -> None:
    with pytest.raises(InputError, match="image must be"):
        SiamFCTracker(BlobEngine()).init(image, (1, 1, 5, 5))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("scale_step", 0.5, "between 1.0 and 1.5"),
        ("window_weight", float("nan"), "must be a number"),
        ("num_scales", 2.5, "whole number"),
        ("num_scales", 4, "odd"),
    ],
)
def test_settings_out_of_range_are_refused(field: str, value: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        SiamFCSettings(**{field: value})  # type: ignore[arg-type]


def test_score_on_bag_falls_when_the_target_is_covered() -> None:
    """The official network; the frame is replaced by its mean colour where the target is."""
    frames = bag_frames()[:40]
    tracker = create_tracker(
        shared("checkpoints/FDSiamfc_30.pth").as_posix(), engine="torch", precision="float32"
    )
    box = np.loadtxt(shared(f"{GOLDEN}/trace_bag_FDSiamfc_30.txt"), delimiter=",")[0]
    tracker.init(frames[0], zero_based(box))
    seen = [tracker.update(image) for image in frames[1:30]]
    x, y, w, h = seen[-1].box.astype(int)
    covered = []
    for image in frames[30:40]:
        image[max(y - h, 0) : y + 2 * h, max(x - w, 0) : x + 2 * w] = image.mean((0, 1))
        covered.append(tracker.update(image))
    assert np.mean([result.score for result in seen]) > 0.5
    assert max(result.score for result in covered) < 0.1
    assert covered[-1].state == "lost"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"), [("FDSiamfc_30", 0.97), ("FDSiamfc_15", 0.95), ("FDSiamd", 0.95)]
)
def test_bfloat16_keeps_the_float32_trace(name: str, least: float) -> None:
    """Emulated, and slow, on a processor without bfloat16."""
    boxes = []
    box = np.loadtxt(shared(f"{GOLDEN}/trace_bag_FDSiamfc_30.txt"), delimiter=",")[0]
    for precision in ("float32", "bfloat16"):
        tracker = create_tracker(
            str(Path(shared(f"checkpoints/{name}.pth"))),
            engine="torch",
            precision=precision,
        )
        assert isinstance(tracker, SiamFCTracker)
        boxes.append(run_on_bag(tracker, box))
    assert iou(*boxes).mean() >= least


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_update_refuses_the_types_that_init_refuses(dtype: type[np.generic]) -> None:
    tracker = SiamFCTracker(BlobEngine())
    image = scene((60, 60))
    tracker.init(image, (48, 48, 24, 24))
    with pytest.raises(InputError, match="RGB uint8"):
        tracker.update(image.astype(dtype))
    with pytest.raises(InputError, match="must be an array"):
        tracker.update([[0]])  # type: ignore[arg-type]


def test_update_before_init_says_what_is_missing() -> None:
    with pytest.raises(InputError, match="init the tracker with a box first"):
        SiamFCTracker(BlobEngine()).update(scene((60, 60)))
