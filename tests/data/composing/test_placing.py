from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from feathertrack.data.composing.catalogue import open_catalogue
from feathertrack.data.composing.cutouts import CutOut, Unusable, cut_out, read_scene
from feathertrack.data.composing.motions import Motion, carried, draw_camera, draw_path
from feathertrack.data.composing.placing import Bend, Patch, place, streak, streaked
from feathertrack.data.composing.rendering import visible_share
from tests.data.composing.photographs import RADIUS, write_photographs

STIFF = Bend()


def square(side: int = 20) -> CutOut:
    """An opaque white square with a transparent border of 3 pixels."""
    alpha = np.pad(np.ones((side, side), np.float32), 3)
    return CutOut(np.full((*alpha.shape, 3), 255, np.float32), alpha)


def still(x: float, y: float, *, scale: float = 1.0, angle: float = 0.0) -> Motion:
    return Motion(
        centers=np.array([[x, y]]),
        scales=np.full((1, 2), scale),
        angles=np.array([angle]),
        size=1.0,
    )


def placed(x: float, y: float, *, scale: float = 1.0, angle: float = 0.0) -> Patch:
    motion = still(x, y, scale=scale, angle=angle)
    patch = place(square(), motion, 0, bend=STIFF, frame_wh=(100, 80))
    assert patch is not None
    return patch


def test_a_cut_out_is_soft_and_shows_nothing_of_its_background(tmp_path: Path) -> None:
    found = open_catalogue(write_photographs(tmp_path))
    cut = cut_out(found, found.outlines[0])
    assert cut.alpha[[0, -1]].max() == cut.alpha[:, [0, -1]].max() == 0
    assert cut.side == pytest.approx(2 * RADIUS - 2, abs=1.5)
    seen = cut.pixels[cut.alpha > 0.02]
    assert seen[:, 0].min() > 210
    assert seen[:, 1:].max() < 40
    assert ((cut.alpha > 0.1) & (cut.alpha < 0.9)).sum() > 100


def test_a_photograph_of_another_size_than_its_json_says_is_refused(tmp_path: Path) -> None:
    root = write_photographs(tmp_path)
    cv2.imwrite(str(root / "photos" / "0.png"), np.zeros((70, 90, 3), np.uint8))
    found = open_catalogue(root)
    with pytest.raises(Unusable, match="90x70 pixels, and its json says 200x150"):
        cut_out(found, found.outlines[0])
    (root / "photos" / "1.png").write_bytes(b"no picture")
    with pytest.raises(Unusable, match=r"photos/1.png: the file is no picture"):
        read_scene(found, found.pictures[1])


def test_places_are_exact() -> None:
    assert placed(40, 30).box().tolist() == [30, 20, 20, 20]
    assert placed(40, 30, scale=2).box().tolist() == [20, 10, 40, 40]
    assert placed(0, 0).box().tolist() == [-10, -10, 20, 20]
    wide = placed(40, 30, angle=np.pi / 4).box()
    assert wide[2:].tolist() == pytest.approx([20 * 2**0.5] * 2, abs=2)


def test_fewer_pixels_do_not_move_or_shrink_an_object() -> None:
    small = square(60).shrunk(0.5)
    assert small.alpha.shape == (33, 33)
    patch = place(small, still(50, 40), 0, bend=STIFF, frame_wh=(100, 80))
    assert patch is not None
    assert patch.box().tolist() == pytest.approx([20, 10, 60, 60], abs=1)


def test_laying_a_patch_on_a_frame_covers_what_is_behind() -> None:
    frame = np.zeros((80, 100, 3), np.float32)
    placed(0, 0).lay_on(frame)
    placed(500, 0).lay_on(frame)
    assert frame[:10, :10].min() == 255
    assert frame[12:, 12:].max() == 0


def test_motion_blur_keeps_the_light_and_the_middle() -> None:
    patch = placed(40, 30)
    blurred = streaked(patch, (9.0, 3.0))
    assert blurred.pixels.sum() == pytest.approx(patch.pixels.sum(), rel=1e-4)
    for one in (patch, blurred):
        columns = np.arange(one.alpha.shape[1]) + 0.5 + one.left
        assert (one.alpha.sum(0) * columns).sum() / one.alpha.sum() == pytest.approx(40, abs=0.1)
    assert streaked(patch, (0.5, 0.5)) is patch
    kernel = streak((0.0, 100.0))
    assert kernel is not None and kernel.shape[0] <= 17


def test_the_visible_share_counts_the_frame_and_what_is_in_front() -> None:
    frame = (100, 80)
    assert visible_share(placed(40, 30), [], frame) == 1.0
    assert visible_share(placed(0, 30), [], frame) == pytest.approx(0.5, abs=0.02)
    assert visible_share(placed(40, 30), [placed(50, 30)], frame) == pytest.approx(0.5, abs=0.02)
    assert visible_share(placed(40, 30), [placed(40, 30)], frame) == pytest.approx(0, abs=0.02)
    assert visible_share(placed(900, 30), [], frame) == 0.0


def test_a_bend_changes_the_shape_and_not_the_place() -> None:
    motion = still(50, 40)
    bend = Bend(size=0.1, waves=1.0, phase=1.0)
    patch = place(square(40), motion, 0, bend=bend, frame_wh=(100, 80))
    assert patch is not None
    box = patch.box()
    assert np.abs(box[:2] + box[2:] / 2 - (50, 40)).max() < 6
    assert patch.alpha.sum() == pytest.approx(1600, rel=0.1)


def test_the_camera_stays_inside_of_the_scene() -> None:
    for seed in range(20):
        camera = draw_camera(
            np.random.default_rng(seed),
            frames=5,
            scene_wh=np.array([400.0, 300.0]),
            frame_wh=np.array([200.0, 160.0]),
        )
        middles = [np.linalg.solve(one[:, :2], np.array([100, 80]) - one[:, 2]) for one in camera]
        assert (np.array(middles) >= 0).all() and (np.array(middles) <= (400, 300)).all()
        places, growth = carried(camera, np.array([50.0, 60.0]))
        assert places[0].tolist() == pytest.approx([50, 60])
        assert growth[0] == 1


def test_paths_begin_where_they_should_and_end_near_the_frame() -> None:
    for seed in range(20):
        path = draw_path(
            np.random.default_rng(seed),
            frames=7,
            start=np.array([20.0, 20.0]),
            reach=300,
            frame_wh=np.array([200.0, 160.0]),
        )
        assert path.shape == (7, 2) and path[0].tolist() == [20, 20]
        assert (path[-1] > (-20.1, -16.1)).all() and (path[-1] < (220.1, 176.1)).all()
