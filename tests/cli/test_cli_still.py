from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from feathertrack.cli._pixel_grid import pixel_grid
from tests.cli.conftest import Run


def test_still_is_named_after_source_and_frame(run: Run, clip: Path, in_tmp: Path) -> None:
    ran = run("still", clip, "--at", 7)
    assert ran.status == 0
    assert "clip-frame-7.png: frame 7, 80 x 48 pixels, drawn 15 times as large" in ran.out
    assert "--start 7 --box X,Y,WIDTH,HEIGHT" in ran.out
    assert cv2.imread("clip-frame-7.png") is not None


def test_output_decides_name_and_format(run: Run, clip: Path, in_tmp: Path) -> None:
    assert run("still", clip, "--output", "sub/grid.jpg").status == 0
    assert Path("sub/grid.jpg").read_bytes()[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--at", "12"], 1, "12"),
        (["--at", "-1"], 2, "--at is a frame number from 0"),
        (["--output", "grid.gif"], 2, "must end in one of .png, .jpg"),
    ],
)
def test_what_cannot_be_is_refused(
    run: Run, clip: Path, in_tmp: Path, words: list[str], status: int, said: str
) -> None:
    ran = run("still", clip, *words)
    assert ran.status == status
    assert ran.err.count("\n") == 1
    assert said in ran.err
    assert not list(in_tmp.iterdir())


def test_source_is_not_overwritten(run: Run, in_tmp: Path) -> None:
    cv2.imwrite("a.png", np.zeros((20, 20, 3), np.uint8))
    ran = run("still", "a.png", "--output", "./a.png")
    assert ran.status == 2
    assert "is the source itself" in ran.err


@pytest.mark.parametrize("shape", [(48, 80), (1, 1), (1080, 1920), (3, 900), (900, 3)])
def test_frame_is_enlarged_by_a_whole_factor_between_rulers(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 90, np.uint8)
    page, factor = pixel_grid(image)
    margin_y, margin_x = ((page.shape[axis] - factor * shape[axis]) // 2 for axis in (0, 1))
    assert page.shape == (factor * shape[0] + 2 * margin_y, factor * shape[1] + 2 * margin_x, 3)
    assert max(page.shape) >= 1200
    assert margin_x > 0 < margin_y


def test_lines_are_where_pixels_begin() -> None:
    image = np.full((100, 200, 3), 90, np.uint8)
    page, factor = pixel_grid(image)
    margin = (page.shape[1] - factor * 200) // 2
    row = page[page.shape[0] // 2 + 1, margin : margin + factor * 200, 0]
    marked = np.flatnonzero(row != row[1])
    assert set(marked % (factor * 4)) == {0}  # a line at every fourth pixel, labels at each 20th


def test_image_itself_is_left_alone() -> None:
    image = np.full((100, 200, 3), 90, np.uint8)
    pixel_grid(image)
    assert (image == 90).all()
