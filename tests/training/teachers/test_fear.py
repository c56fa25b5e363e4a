from __future__ import annotations

from pathlib import Path

import pytest
import torch

from feathertrack.errors import InputError
from feathertrack.training.tasks.feather import best_boxes
from feathertrack.training.teachers.fear import FearTeacher, fear_template
from tests.shared_data import shared
from tests.training.tasks.feather_pairs import feather_pairs


def test_its_template_shows_the_box_in_the_middle_of_a_square() -> None:
    template = torch.zeros(2, 3, 128, 128)
    boxes = torch.tensor([[32.0, 32, 64, 64], [44.0, 20, 40, 88]])
    for image, (x, y, w, h) in zip(template, boxes.int().tolist(), strict=True):
        image[:, y : y + h, x : x + w] = 255
    found = fear_template(template, boxes)
    assert found.shape == (2, 3, 128, 128)
    border = 128 * 0.2 / 1.4  # 18.3 pixels on every side
    inside = torch.zeros(128, 128, dtype=torch.bool)
    inside[round(border) + 2 : round(128 - border) - 2, round(border) + 2 : -round(border) - 2] = (
        True
    )
    assert float(found[:, :, inside].min()) == pytest.approx(255)
    for side in (0, 128 - round(border) + 2):
        assert float(found[:, :, side : side + 16].max()) == 0
        assert float(found[:, :, :, side : side + 16].max()) == 0


def test_a_box_that_fills_the_template_is_continued_at_the_border() -> None:
    found = fear_template(torch.full((1, 3, 128, 128), 7.0), torch.tensor([[0.0, 0, 128, 128]]))
    torch.testing.assert_close(found, torch.full_like(found, 7.0))


def test_the_real_files_find_the_targets_where_ours_are() -> None:
    teacher = FearTeacher(shared("checkpoints/fear_xs_tracker.onnx"))
    batch = feather_pairs([True, True])
    scores, distances = teacher.answers(batch.template, batch.template_boxes, batch.search)
    assert (scores.shape, distances.shape) == ((2, 16, 16), (2, 4, 16, 16))
    found = best_boxes(scores[:, None], distances, stride=16)
    middle = (found[:, :2] + found[:, 2:] / 2) - (
        batch.search_boxes[:, :2] + batch.search_boxes[:, 2:] / 2
    )
    assert float(middle.abs().max()) < 8


def test_missing_and_wrong_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file .*fear_xs_tracker.onnx to take"):
        FearTeacher(tmp_path / "fear_xs_tracker.onnx")
    for name in ("fear_xs_tracker.onnx", "fear_xs_init.onnx"):
        (tmp_path / name).write_bytes(b"no network")
    with pytest.raises(InputError, match=r"teacher .*fear_xs_init.onnx cannot be read"):
        FearTeacher(tmp_path / "fear_xs_tracker.onnx")
    with pytest.raises(InputError, match=r"named by its file fear_xs_tracker.onnx"):
        FearTeacher(tmp_path / "fear_xs_init.onnx")
