"""The training script of the first model: what it must get right without looking at a loss."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

SCRIPT = Path(__file__).resolve().parent.parent / "scripts/train_first_model.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_first_model", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def dot(script: ModuleType, shift: tuple[float, float]) -> torch.Tensor:
    """A crop of a photograph of nothing but one bright square."""
    image = np.zeros((200, 200, 3), np.uint8)
    image[90:110, 90:110] = 255
    view = script.View(image, (90.0, 90.0, 20.0, 20.0))
    return torch.from_numpy(script.cut(view, np.array(shift), 1.0, flip=False))


def test_target_lies_where_the_offset_says(script: ModuleType) -> None:
    crop = dot(script, (24.0, -16.0))[:, :, 0].float()
    rows, columns = torch.where(crop > 127)
    assert float(columns.float().mean()) == pytest.approx(119 + 24, abs=0.6)
    assert float(rows.float().mean()) == pytest.approx(119 - 16, abs=0.6)


def test_label_is_where_the_partners_template_fits_best(script: ModuleType) -> None:
    offsets = torch.tensor([[0.0, 0.0], [24.0, -16.0]], dtype=torch.float64)
    cells = script.template_cells(offsets)
    assert cells.tolist() == [[7, 7], [10, 5]]
    labels = script.partner_labels(offsets, cells)
    rows, columns = torch.where(labels[1] > 0)
    assert (float(rows.float().mean()), float(columns.float().mean())) == (5.0, 10.0)
    assert labels.sum((1, 2)).tolist() == [13.0, 13.0]


def test_every_batch_of_a_block_is_taken_once_a_lap(script: ModuleType) -> None:
    laps = [
        sorted(script.batch_number(0, lap * script.BLOCK + place + 1) for place in range(64))
        for lap in range(script.PASSES + 1)
    ]
    assert laps[0] == laps[script.PASSES - 1] == list(range(script.BLOCK))
    assert laps[script.PASSES] == list(range(script.BLOCK, 2 * script.BLOCK))


def test_batches_do_not_depend_on_where_a_run_began(script: ModuleType) -> None:
    whole = list(script.batches(lambda number: number, 0, 1, 300))
    assert list(script.batches(lambda number: number, 0, 150, 300)) == whole[149:]


def test_learning_rate_rises_stays_and_ends_at_nothing(script: ModuleType) -> None:
    rates = [script.learning_rate(step, 4000) for step in (1, 200, 2000, 4000)]
    assert rates[0] < rates[1] == rates[2] == script.LEARNING_RATE
    assert 0 < rates[3] < script.LEARNING_RATE / 1000


def test_perfect_student_has_no_relative_error(script: ModuleType) -> None:
    teacher = torch.tensor([0.0, 1.0, 2.0, 5.0])
    assert float(script.relative_error(teacher, teacher)) == 0.0
    guess = torch.full((4,), 2.0)
    assert float(script.relative_error(guess, teacher)) == pytest.approx(0.75)  # unbiased variance
