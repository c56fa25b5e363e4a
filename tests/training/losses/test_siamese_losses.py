"""The losses of SiamRPN and SiamKPN against loops that follow the specification."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from feathertrack.data.targets import anchor_targets, keypoint_targets
from feathertrack.training.losses import (
    anchor_box_loss,
    anchor_class_loss,
    keypoint_heat_loss,
    keypoint_offset_loss,
    siamkpn_loss,
    siamrpn_loss,
)
from tests.shared_data import shared

A, S = 5, 6


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def labels() -> Tensor:
    label = torch.full((3, A, S, S), -1)
    label[0, 0, :2, :3] = 1
    label[0, 1] = 0
    label[1, 2, 0, 0] = 1
    label[1, 3, :2] = 0
    label[2, 0, 3, 3:] = 0
    return label


def naive_terms(score: Tensor, label: Tensor, sample: int, wanted: int) -> list[Tensor]:
    found = []
    for a, y, x in (label[sample] == wanted).nonzero().tolist():
        pair = torch.stack([score[sample, a, y, x], score[sample, A + a, y, x]])
        found.append(-pair.log_softmax(0)[wanted])
    return found


def test_class_loss_of_pysot_is_a_mean_over_the_batch() -> None:
    score, label = noise(3, 2 * A, S, S), labels()
    means = []
    for wanted in (0, 1):
        terms = [term for i in range(3) for term in naive_terms(score, label, i, wanted)]
        means.append(torch.stack(terms).mean())
    torch.testing.assert_close(anchor_class_loss(score, label), 0.5 * (means[0] + means[1]))


def test_class_loss_of_mmtracking_is_a_mean_per_pair() -> None:
    score, label = noise(3, 2 * A, S, S), labels()
    expected = torch.zeros(())
    for i in range(3):
        for wanted in (0, 1):
            terms = naive_terms(score, label, i, wanted)
            if terms:
                expected = expected + 0.5 * torch.stack(terms).mean() / 3
    found = anchor_class_loss(score, label, normalization="mmtracking")
    torch.testing.assert_close(found, expected)


def test_the_only_positive_of_a_batch_counts() -> None:
    label = torch.full((1, A, S, S), -1)
    label[0, 0, 0, 0] = 1
    loss = anchor_class_loss(torch.zeros(1, 2 * A, S, S), label)
    assert float(loss) == pytest.approx(0.5 * math.log(2))


def test_box_loss_divides_by_all_pairs() -> None:
    target, weight = noise(3, 4, A, S, S), torch.zeros(3, A, S, S)
    weight[0, 2, 1, 1] = 1.0
    loss = anchor_box_loss(torch.zeros(3, 4 * A, S, S), target, weight)
    torch.testing.assert_close(loss, target[0, :, 2, 1, 1].abs().sum() / 3)


def test_siamrpn_loss_takes_targets_as_they_come() -> None:
    found = anchor_targets([[95.5, 95.5, 64, 64]] * 2, [True, False], [1, 2], size=25)
    tensors = [torch.from_numpy(part) for part in found]
    score = torch.zeros(2, 10, 25, 25, requires_grad=True)
    losses = siamrpn_loss(score, torch.zeros(2, 20, 25, 25), *tensors)
    assert losses["class"].item() == pytest.approx(math.log(2))
    torch.testing.assert_close(losses["total"], losses["class"] + 1.2 * losses["box"])
    losses["total"].backward()


@pytest.mark.parametrize("normalization", ["pysot", "mmtracking"])
def test_class_loss_without_any_label_or_with_saturated_scores_is_finite(
    normalization: str,
) -> None:
    score = torch.full((3, 2 * A, S, S), 1e4)
    nothing = torch.full((3, A, S, S), -1)
    assert float(anchor_class_loss(score, nothing, normalization=normalization)) == 0  # type: ignore[arg-type]
    score = score * torch.tensor([-1.0, 1.0]).repeat_interleave(A)[:, None, None]
    loss = anchor_class_loss(score, labels(), normalization=normalization)  # type: ignore[arg-type]
    assert torch.isfinite(loss)


def test_wrong_number_of_channels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"scores \(3, 9, 6, 6\)"):
        anchor_class_loss(torch.zeros(3, 9, S, S), labels())
    with pytest.raises(ValueError, match=r"moves \(3, 19, 6, 6\)"):
        anchor_box_loss(
            torch.zeros(3, 19, S, S), torch.zeros(3, 4, A, S, S), torch.zeros(3, A, S, S)
        )


def keypoints(positive: list[bool], stages: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    boxes = np.array([[85.5, 92.5, 80, 78], [121, 60.5, 69.5, 90.25], [60.5, 100.5, 90, 40]])
    found = keypoint_targets(boxes[: len(positive)], positive, stages=stages, decay=0.9)
    return (
        torch.from_numpy(found.heat),
        torch.from_numpy(found.offset),
        torch.from_numpy(found.size),
    )


def test_heat_loss_equals_a_loop() -> None:
    heat, score = keypoints([True, True, False])[0][:, 0], noise(3, 1, 31, 31)
    probability, total = torch.sigmoid(score[:, 0]), 0.0
    for p, y in zip(probability.flatten().tolist(), heat.flatten().tolist(), strict=True):
        if y == 1:
            total -= (1 - p) ** 2 * math.log(p)
        else:
            total -= 0.05 * (1 - y) ** 4 * p**2 * math.log(1 - p)
    assert float(keypoint_heat_loss(score, heat)) == pytest.approx(total / 2, rel=1e-4)


def test_offset_weights_of_the_code_belong_to_other_cells() -> None:
    heat, target, _ = keypoints([True, True, False])
    first, offset = heat[:, 0], noise(3, 2, 31, 31)
    own, code = [], []
    values = [first[b, y, x] for b, y, x in (first > 0).nonzero().tolist()]
    place = [
        (b, c, y, x)
        for b in range(3)
        for c in range(2)
        for y, x in (first[b] > 0).nonzero().tolist()
    ]
    for index, (b, c, y, x) in enumerate(place):
        for found, weight in ((own, first[b, y, x]), (code, (values + values)[index])):
            found.append(F.smooth_l1_loss(weight * offset[b, c, y, x], weight * target[b, c, y, x]))
    torch.testing.assert_close(keypoint_offset_loss(offset, target, first), torch.stack(own).mean())
    found = keypoint_offset_loss(offset, target, first, weighting="code")
    torch.testing.assert_close(found, torch.stack(code).mean())
    assert not torch.allclose(found, torch.stack(own).mean(), rtol=1e-3)


def test_both_offset_weightings_agree_on_one_positive_pair() -> None:
    heat, target, _ = keypoints([True, False])
    offset = noise(2, 2, 31, 31)
    own, code = (
        keypoint_offset_loss(offset, target, heat[:, 0], weighting=kind) for kind in ("own", "code")
    )
    torch.testing.assert_close(own, code)


@pytest.mark.parametrize("positive", [[False, False], [True, False], [True, True]])
@pytest.mark.parametrize("level", [-1e4, 0.0, 1e4])
def test_siamkpn_loss_is_finite_without_positives_and_with_saturated_scores(
    positive: list[bool], level: float
) -> None:
    score = torch.full((2, 1, 31, 31), level, requires_grad=True)
    boxes = torch.zeros(2, 2, 31, 31, requires_grad=True)
    losses = siamkpn_loss([score] * 2, [boxes] * 2, [boxes] * 2, *keypoints(positive))
    losses["total"].backward()
    assert torch.isfinite(losses["total"])
    assert score.grad is not None and torch.isfinite(score.grad).all()
    assert boxes.grad is not None and torch.isfinite(boxes.grad).all()


def test_siamkpn_loss_averages_stages_and_weighs_terms() -> None:
    heat, offset, size = keypoints([True, True])
    scores = [noise(2, 1, 31, 31, seed=i) for i in range(2)]
    other = [noise(2, 2, 31, 31, seed=i) for i in range(2)]
    losses = siamkpn_loss(scores, other, other, heat, offset, size)
    means = [keypoint_heat_loss(score, heat[:, i]) for i, score in enumerate(scores)]
    torch.testing.assert_close(losses["heat"], torch.stack(means).mean())
    expected = losses["heat"] + losses["offset"] + 0.05 * losses["size"]
    torch.testing.assert_close(losses["total"], expected)
    with pytest.raises(ValueError, match="1 scores"):
        siamkpn_loss(scores[:1], other, other, heat, offset, size)


def test_weights_of_mmtracking_are_those_of_its_code() -> None:
    golden = np.load(shared("goldens/siamrpnpp_mmtracking") / "targets_loss.npz")
    grid = [
        np.moveaxis(golden[name].reshape(5, 25, 25, A), 3, 1)
        for name in ("labels", "label_weights")
    ]
    label, weight = torch.from_numpy(grid[0]).long(), torch.from_numpy(grid[1])
    label[weight == 0] = -1
    score = noise(5, 2 * A, 25, 25)
    entropy = F.cross_entropy(score.view(5, 2, A, 25, 25), label.clamp(min=0), reduction="none")
    found = anchor_class_loss(score, label, normalization="mmtracking")
    torch.testing.assert_close(found, (entropy * weight).sum())
