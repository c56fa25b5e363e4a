from __future__ import annotations

import numpy as np
import pytest
import torch

from feathertrack.boxes import iou
from feathertrack.training.losses.feather import (
    box_loss,
    cell_targets,
    centredness,
    divergence,
    overlaps,
    quality_loss,
)

YES = torch.tensor([True])


def test_targets_are_those_of_a_hand_example() -> None:
    # 40 wide and 64 high around (48, 44): cells within 10 and 16 pixels of that.
    targets = cell_targets(torch.tensor([[28.0, 12, 40, 64]]), YES, size=6, stride=16)
    assert targets.is_target.nonzero().tolist() == [[0, 2, 3], [0, 3, 3]]
    assert targets.distances[0, :, 2, 3].tolist() == [20, 20, 20, 44]
    assert targets.distances[0, :, 3, 3].tolist() == [20, 36, 20, 28]
    assert float(targets.weight[0, 3, 3]) == pytest.approx((28 / 36) ** 0.5)
    assert int((targets.weight > 0).sum()) == 2


def test_the_nearest_cell_is_the_target_when_none_is_inside() -> None:
    targets = cell_targets(torch.tensor([[37.0, 38, 4, 4]]), YES, size=6, stride=16)
    assert targets.is_target.nonzero().tolist() == [[0, 2, 2]]
    assert targets.distances[0, :, 2, 2].tolist() == [-5, -6, 9, 10]
    assert float(targets.weight[0, 2, 2]) == pytest.approx(0.05)


def test_a_negative_pair_has_no_target() -> None:
    targets = cell_targets(torch.tensor([[28.0, 12, 40, 64]]), ~YES, size=6, stride=16)
    assert not targets.is_target.any()
    assert float(targets.weight.sum()) == 0


def test_centredness_is_that_of_fcos() -> None:
    distances = torch.tensor([[10.0, 10, 10, 10], [10, 10, 40, 10], [-1, 10, 5, 10]])
    found = centredness(distances[:, :, None, None]).flatten()
    torch.testing.assert_close(found, torch.tensor([1.0, 0.5, 0.0]))


def test_overlaps_are_those_of_boxes() -> None:
    generator = torch.Generator().manual_seed(0)
    found, wanted = (20 * torch.rand(2, 4, 3, 3, generator=generator) for _ in range(2))
    wanted[:, 0] -= 5  # some cells are outside
    overlap, generalised = overlaps(found, wanted)
    for b, r, c in np.ndindex(2, 3, 3):
        boxes = [
            np.array([-d[0], -d[1], d[0] + d[2], d[1] + d[3]], dtype=np.float64)
            for d in (found[b, :, r, c].numpy(), wanted[b, :, r, c].numpy())
        ]
        assert float(overlap[b, r, c]) == pytest.approx(float(iou(*boxes)), abs=1e-5)
    assert bool((generalised <= overlap + 1e-6).all())


def test_generalised_overlap_of_boxes_apart_is_negative() -> None:
    found = torch.tensor([10.0, 5, -6, 5])[None, :, None, None]  # from -10 to -6
    wanted = torch.tensor([-6.0, 5, 10, 5])[None, :, None, None]  # from 6 to 10
    overlap, generalised = overlaps(found, wanted)
    assert float(overlap) == 0
    assert float(generalised) == pytest.approx(-(200 - 80) / 200)


def test_scores_that_are_the_overlaps_cost_nothing() -> None:
    quality = torch.tensor([[[0.9, 0.2]]])
    is_target = torch.tensor([[[True, False]]])
    score = torch.logit(torch.tensor([[[0.9, 1e-6]]])).requires_grad_()
    loss = quality_loss(score, quality, is_target)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(0, abs=1e-5)
    assert score.grad is not None
    assert float(score.grad.abs().max()) < 1e-5


def test_quality_loss_by_hand() -> None:
    score = torch.zeros(1, 1, 2)  # probability one half
    loss = quality_loss(
        score, torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[True, False]]]), negative_weight=2.0
    )
    log2 = 0.6931
    assert float(loss) == pytest.approx(log2 + 2 * 0.25 * log2, abs=1e-3)


def test_divergence_is_zero_at_its_best_and_finite_at_the_ends() -> None:
    wanted = torch.tensor([0.0, 0.3, 1.0])
    assert float(divergence(torch.logit(wanted.clamp(1e-6, 1 - 1e-6)), wanted).abs().max()) < 1e-4
    assert bool(torch.isfinite(divergence(torch.tensor([-1e4, 1e4, 0.0]), wanted)).all())


def test_box_loss_is_a_mean_over_weights_and_zero_without_any() -> None:
    generalised = torch.tensor([[[1.0, 0.5, -1.0]]])
    assert float(box_loss(generalised, torch.tensor([[[1.0, 3.0, 0.0]]]))) == pytest.approx(0.375)
    assert float(box_loss(generalised, torch.zeros(1, 1, 3))) == 0
