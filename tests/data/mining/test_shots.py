"""Frames of one shot."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from feathertrack.data.mining.shots import read_shot, shrunk
from tests.data.mining.moving_clips import WIDTH, place, scene, write_scene


def test_frames_are_those_that_were_asked_for(tmp_path: Path) -> None:
    path = write_scene(tmp_path / "clip.mp4", 24)
    frames = list(read_shot(path, first=3, stride=4, frames=5, size=480))
    assert len(frames) == 5
    x, y = place(7)[:2].astype(int)
    assert np.abs(frames[1][y + 8, x + 10].astype(int) - (250, 220, 60)).max() < 40


def test_a_shot_ends_at_a_cut(tmp_path: Path) -> None:
    path = write_scene(tmp_path / "cut.mp4", 12, cut=9)
    assert len(list(read_shot(path, first=2, stride=1, frames=10, size=480))) == 7
    whole = write_scene(tmp_path / "whole.mp4", 12)
    assert len(list(read_shot(whole, first=0, stride=1, frames=12, size=480))) == 12


def test_pictures_are_only_made_smaller() -> None:
    image = scene(0)
    assert shrunk(image, WIDTH) is image
    assert shrunk(image, 80).shape == (60, 80, 3)
    assert shrunk(image[:1], 80).shape == (1, 80, 3)
