"""Boxes around what moves and around what looks like a thing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from feathertrack.boxes import iou
from feathertrack.data.mining.motion import own_motion, stands_out
from feathertrack.data.mining.regions import find_regions, lab_of, segment
from feathertrack.data.mining.starts import Kind, Start, choose_starts, find_starts
from tests.data.mining.moving_clips import HEIGHT, SIDE, WIDTH, place, scene

RNG = np.random.default_rng


def wide_ground(shift: int) -> np.ndarray:
    """The ground of a camera that moves to the right."""
    rng = RNG(1)
    ground = cv2.GaussianBlur(rng.normal(120, 60, (HEIGHT, WIDTH + 40, 3)), (0, 0), 2)
    return np.clip(ground[:, shift : shift + WIDTH], 0, 255).astype(np.uint8)


def test_what_moves_is_told_from_what_the_camera_moves() -> None:
    first, second = wide_ground(0), wide_ground(4)
    patch = scene(0)[40:70, 20:50]
    first[40:70, 60:90], second[44:74, 62:92] = patch, patch
    motion = own_motion(first, second)
    assert np.mean(motion[45:65, 65:85] > 1) > 0.9
    assert np.mean(motion[:, :40] > 1) < 0.05
    assert own_motion(first[:9], second[:9]).max() == 0  # too small for a flow


def test_the_whole_of_what_moves_stands_out_more_than_a_part() -> None:
    motion = np.zeros((HEIGHT, WIDTH), np.float32)
    motion[30:90, 40:80] = 2
    whole, part = motion > 1, np.zeros((HEIGHT, WIDTH), np.bool_)
    part[30:60, 40:80] = True
    assert stands_out(motion, whole) == 1
    assert 0 < stands_out(motion, part) < 0.9
    assert stands_out(motion, np.ones_like(part)) < 0


def test_a_thing_has_contrast_on_all_sides_and_ground_has_not() -> None:
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    image[:, WIDTH // 2 :] = 160  # two grounds
    image[40:70, 20:50] = scene(0)[40:70, 20:50]
    lab = lab_of(image)
    found = find_regions(lab, [segment(lab, scale) for scale in (60.0, 280.0)])
    best = max(found, key=lambda one: one.score)
    assert iou(best.box, np.array([20.0, 40, 30, 30])) > 0.8
    assert best.contrast > 40


def test_plain_ground_has_no_starts() -> None:
    frames = [np.full((HEIGHT, WIDTH, 3), 90, np.uint8)] * 8
    assert find_starts(frames) == []


def test_a_moving_thing_is_found_whole() -> None:
    found = find_starts([scene(number) for number in range(8)])
    best = max((one for one in found if one.kind == "moving"), key=lambda one: one.score)
    assert iou(best.box, place(0)) > 0.7


def start(x: float, kind: Kind, score: float) -> Start:
    return Start(box=np.array([x, 10.0, SIDE, SIDE]), kind=kind, score=score)


THINGS = [start(100.0 * n, "moving", 0.9) for n in range(4)] + [
    start(1000 + 100.0 * n, "region", 40) for n in range(4)
]


@pytest.mark.parametrize(("moving", "count"), [(0.0, 0), (0.5, 2), (1.0, 4)])
def test_the_share_that_moves_is_kept(moving: float, count: int) -> None:
    chosen = choose_starts(THINGS, 4, moving=moving, rng=RNG(0))
    assert len(chosen) == 4
    assert sum(one.kind == "moving" for one in chosen) == count


def test_one_kind_fills_up_for_the_other() -> None:
    assert len(choose_starts(THINGS, 8, moving=0.0, rng=RNG(0))) == 8
    assert len(choose_starts(THINGS[:4], 3, moving=0.0, rng=RNG(0))) == 3
    assert len(choose_starts(THINGS, 50, moving=0.5, rng=RNG(0))) == 8


def test_one_thing_is_chosen_once_and_weak_ones_never() -> None:
    near = [start(0, "moving", 0.9), start(4, "region", 80), start(8, "region", 80)]
    assert len(choose_starts(near, 3, moving=0.5, rng=RNG(0))) == 1
    weak = [start(0, "moving", 0.1), start(200, "region", 3)]
    assert choose_starts(weak, 3, moving=0.5, rng=RNG(0)) == []


def test_a_weak_part_of_something_larger_is_left_out() -> None:
    def chosen(score: float) -> int:
        part = Start(box=np.array([10.0, 20, 10, 10]), kind="region", score=score)
        return len(choose_starts([start(0, "moving", 0.9), part], 2, moving=0.5, rng=RNG(0)))

    assert (chosen(30), chosen(90)) == (1, 2)


def test_the_choice_depends_on_the_seed_alone() -> None:
    def boxes(seed: int) -> list[float]:
        return [float(one.box[0]) for one in choose_starts(THINGS, 3, moving=0.5, rng=RNG(seed))]

    assert boxes(3) == boxes(3)
    assert len({tuple(boxes(seed)) for seed in range(20)}) > 3
