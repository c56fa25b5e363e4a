from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from feathertrack.adapters import FromOpenCV, ToOpenCV
from feathertrack.boxes import zero_based
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.evaluation.ope import score_sequences
from feathertrack.trackers.creation import create_tracker, list_trackers
from feathertrack.trackers.opencv import Rectangle
from feathertrack.trackers.picture_book import book
from tests.adapters.trackers_of_tests import Mover
from tests.shared_data import shared

Image = np.ndarray


class Fake:
    """Says what it was told: one answer a frame, an exception to raise, or a score."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.given: list[object] = []

    def init(self, image: Image, boundingBox: Rectangle) -> None:
        self.given += [image, boundingBox]

    def update(self, image: Image) -> tuple[bool, Rectangle]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]


def red(width: int = 60, height: int = 40) -> Image:
    return np.full((height, width, 3), (255, 0, 0), np.uint8)


def test_opencv_gets_bgr_and_whole_pixels_inside_the_frame() -> None:
    fake = Fake()
    FromOpenCV(lambda: fake).init(red(), (-3.4, 10.6, 20.0, 50.0))
    image, box = fake.given
    assert np.asarray(image)[0, 0].tolist() == [0, 0, 255]
    assert box == (0, 11, 17, 29)


def test_a_target_that_opencv_loses_stays_where_it_was() -> None:
    tracker = FromOpenCV(lambda: Fake((True, (1, 2, 30, 4)), (False, (0, 0, 0, 0))))
    tracker.init(red(), (5, 5, 10, 10))
    assert tracker.update(red()).state == "tracking"
    lost = tracker.update(red())
    assert (lost.box.tolist(), lost.score, lost.state) == ([1, 2, 30, 4], 0.0, "lost")


def test_the_score_is_that_of_opencv_where_there_is_one() -> None:
    fake = Fake((True, (1, 2, 30, 4)))
    fake.getTrackingScore = lambda: 0.25  # type: ignore[attr-defined]
    tracker = FromOpenCV(lambda: fake)
    tracker.init(red(), (5, 5, 10, 10))
    assert tracker.update(red()).score == 0.25


def test_errors_of_opencv_become_one_sentence() -> None:
    tracker = FromOpenCV(lambda: Fake(cv2.error("it broke")))
    tracker.init(red(), (5, 5, 10, 10))
    with pytest.raises(FeathertrackError, match="OpenCV's Fake failed: it broke"):
        tracker.update(red())
    with pytest.raises(InputError, match="60 x 41, the target was given on 60 x 40"):
        tracker.update(red(height=41))
    with pytest.raises(InputError, match="at least 4 x 4"):
        tracker.init(red(), (5, 5, 1, 1))
    with pytest.raises(InputError, match="call init"):
        FromOpenCV(Fake).update(red())


@pytest.mark.parametrize("name", ["opencv_csrt", "opencv_kcf", "opencv_mil"])
def test_trackers_of_opencv_have_names(name: str) -> None:
    assert name in list_trackers("opencv*")
    frames = book(seed=0)
    tracker = create_tracker(name)
    tracker.init(frames[0], (90, 66, 48, 40))
    for frame in frames[1:]:
        result = tracker.update(frame)
    assert np.abs(result.box - [105, 76, 48, 40]).max() < 10


def test_models_of_opencv_follow_an_at() -> None:
    folder = shared("checkpoints")
    frames = book(seed=0)
    for given in ("backbone", "head"):
        tracker = create_tracker(f"opencv_nano@{folder / f'nanotrackv2_{given}.onnx'}")
    tracker.init(frames[0], (90, 66, 48, 40))
    result = tracker.update(frames[1])
    assert 0 < result.score < 1
    assert np.abs(result.box - [93, 68, 48, 40]).max() < 10


def test_wrong_files_of_built_in_trackers_are_refused(in_tmp: Path) -> None:
    (in_tmp / "backbone.onnx").write_text("no model")
    (in_tmp / "head.onnx").write_text("no model")
    (in_tmp / "other.onnx").write_text("no model")
    for name, message in (
        ("opencv_nano", "needs its model, which OpenCV does not bring: write opencv_nano@FILE"),
        ("opencv_nano@other.onnx", "two files with backbone and head in their names"),
        ("opencv_vit@none.onnx", "needs the file none.onnx, which is not there"),
        ("opencv_vit@other.onnx", "cannot read the model other.onnx"),
        ("opencv_nano@backbone.onnx", "cannot read the model backbone.onnx"),
        ("opencv_kcf@fast", "has no files and no presets, got 'fast'"),
    ):
        with pytest.raises(InputError, match=message):
            create_tracker(name)
    with pytest.raises(InputError, match="two files for opencv_nano"):
        create_tracker("opencv_nano@head.onnx", weights="backbone.onnx")
    with pytest.raises(InputError, match="has no settings, got window_weight"):
        create_tracker("opencv_kcf", window_weight=0.1)


def test_a_model_of_another_tracker_is_named() -> None:
    model = shared("checkpoints") / "nanotrackv2_backbone.onnx"
    tracker = create_tracker(f"opencv_vit@{model}")
    with pytest.raises(InputError, match=r"TrackerVit with the model .*_backbone.onnx cannot"):
        tracker.init(book(seed=0)[0], (90, 66, 48, 40))


@pytest.mark.parametrize("sequence", ["DTB70/Gull2", "DAVIS16val/soapbox"])
def test_kcf_has_the_numbers_that_were_measured_apart(sequence: str) -> None:
    """The peers got boxes that count from 1 as they stand, so ours starts a pixel further on."""
    folder = shared("sequences")
    expected = json.loads((folder / "peers.json").read_text())["val"]["kcf"][sequence]
    rows = np.loadtxt(folder / "val" / sequence / "groundtruth_rect.txt", delimiter=",")
    tracker, boxes = create_tracker("opencv_kcf"), [rows[0]]
    for number, path in enumerate(
        sorted((folder / "val" / sequence / "img").iterdir())[: len(rows)]
    ):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        if number == 0:
            tracker.init(image, rows[0])
        else:
            boxes.append(tracker.update(image).box)
    found = zero_based(np.array(boxes))
    score = score_sequences([found], [zero_based(rows)], convention="got10k_otb", names=["one"])
    measured = [score.auc, score.headline["precision"]]
    np.testing.assert_allclose(measured, expected, atol=1e-4)


def test_ours_has_the_methods_of_opencv() -> None:
    mover = Mover()
    tracker = ToOpenCV(mover)
    assert tracker.getTrackingScore() == -1
    assert tracker.init(red()[..., ::-1].copy(), (10.5, 5, 20, 8)) is None
    assert mover.first[0, 0].tolist() == [255, 0, 0]
    assert tracker.update(red()) == (True, (14, 7, 20, 8))
    assert tracker.getTrackingScore() == 0.75
    tracker.init(np.zeros((40, 60), np.uint8), (10, 5, 20, 8))
    assert mover.first.shape == (40, 60, 3)
    with pytest.raises(InputError, match="BGR uint8"):
        tracker.update(np.zeros((40, 60, 4), np.uint8))
