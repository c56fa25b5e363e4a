"""The losses of FDSiamFC on a response map."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from feathertrack.training.losses import (
    HarmonizedLogistic,
    balanced_logistic,
    focal_logistic,
    hard_negative_logistic,
)
from tests.golden_fill import fill_state_dict
from tests.goldens_compare import assert_within, load_golden

LOSSES = {
    "balanced": balanced_logistic,
    "balanced_neg_weight_0.5": lambda x, y: balanced_logistic(x, y, negative_weight=0.5),
    "focal_gamma2": focal_logistic,
    "ghmc_no_momentum": lambda x, y: HarmonizedLogistic(momentum=0.0)(x, y),
    "ohnm_ratio3": hard_negative_logistic,
}


def inputs() -> tuple[Tensor, Tensor]:
    logits = fill_state_dict({"logits.weight": (2, 1, 15, 15)})["logits.weight"] * 60
    label = load_golden("fdsiamfc", "losses").arrays["labels_15x15"]
    return torch.from_numpy(logits), torch.from_numpy(label).repeat(2, 1, 1, 1)


@pytest.mark.parametrize("name", LOSSES)
def test_loss_is_the_reference_one(name: str) -> None:
    expected = load_golden("fdsiamfc", "losses").about["values"][name]
    assert float(LOSSES[name](*inputs())) == pytest.approx(expected, rel=1e-5)


def test_gradient_of_the_balanced_loss_is_the_reference_one() -> None:
    score, label = inputs()
    score.requires_grad_()
    balanced_logistic(score, label).backward()
    expected = load_golden("fdsiamfc", "losses").arrays["balanced_grad"]
    assert score.grad is not None
    assert_within("balanced_grad", score.grad, expected, tolerance=1e-5 * np.abs(expected).max())


def test_harmonized_loss_keeps_its_counts_in_a_buffer() -> None:
    values = load_golden("fdsiamfc", "losses").about["values"]
    loss = HarmonizedLogistic()
    assert float(loss(*inputs())) == pytest.approx(values["ghmc_call1"], rel=1e-5)
    kept = HarmonizedLogistic()
    kept.load_state_dict(loss.state_dict())
    assert kept.counts.sum() == 225
    assert float(kept(*inputs())) == pytest.approx(values["ghmc_call2_same_input"], rel=1e-5)
    assert kept.counts.sum() == pytest.approx(337.5)


def test_harmonized_loss_counts_in_training_only() -> None:
    loss = HarmonizedLogistic().eval()
    loss(*inputs())
    assert not loss.counts.any()


def test_hard_negatives_may_be_fewer_than_asked_for() -> None:
    score, label = torch.zeros(4), torch.tensor([1.0, 1, 1, 0])
    assert float(hard_negative_logistic(score, label)) == pytest.approx(np.log(2))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("level", [-1e4, 0.0, 1e4])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_losses_stay_finite_where_scores_saturate_or_a_class_is_absent(
    name: str, level: float, target: float
) -> None:
    score = torch.full((2, 1, 5, 5), level, requires_grad=True)
    loss = LOSSES[name](score, torch.full((2, 1, 5, 5), target))
    loss.backward()
    assert torch.isfinite(loss)
    assert score.grad is None or torch.isfinite(score.grad).all()


@pytest.mark.parametrize("name", LOSSES)
def test_shapes_that_differ_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"score \(2, 3\) and label \(3, 2\)"):
        LOSSES[name](torch.zeros(2, 3), torch.zeros(3, 2))
