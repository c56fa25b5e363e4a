"""Means, subsets and attributes of a score."""

from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.ope import OpeScore, score_sequences


@pytest.fixture
def three() -> OpeScore:
    """Right, half right, wrong."""
    truth = np.array([[100.0, 100, 10, 10]] * 2)
    half = truth + np.array([[0], [1]]) * [[500, 0, 0, 0]]
    wrong = truth + np.array([500.0, 0, 0, 0])
    names = ["right", "half", "wrong"]
    return score_sequences([truth, half, wrong], [truth] * 3, convention="pysot", names=names)


def test_every_sequence_has_the_same_weight(three: OpeScore) -> None:
    assert three.auc == pytest.approx((20 + 10 + 0) / 63)
    assert three.headline == pytest.approx(
        {"auc": 30 / 63, "precision": 0.5, "norm_precision": 0.5, "success_50": 0.5}
    )
    assert three.mean_success[:20] == pytest.approx(0.5)
    assert three.mean_precision == pytest.approx(0.5)
    assert three.mean_norm_precision == pytest.approx(0.5)
    assert three.mean_overlap == pytest.approx([1, 0.5, 0])


def test_a_subset_keeps_the_order_asked_for(three: OpeScore) -> None:
    part = three.select(["wrong", "right"])
    assert part.names == ("wrong", "right")
    assert part.per_sequence["precision"].tolist() == [0, 1]
    assert part.frames.tolist() == [2, 2]


def test_attributes_group_the_sequences_that_were_scored(three: OpeScore) -> None:
    parts = three.by_attribute({"right": ["SV"], "wrong": ["SV", "OCC"], "elsewhere": ["MB"]})
    assert {name: part.names for name, part in parts.items()} == {
        "OCC": ("wrong",),
        "SV": ("right", "wrong"),
    }
    assert parts["SV"].auc == pytest.approx(10 / 21)


def test_a_sequence_that_was_not_scored_is_named_with_the_nearest(three: OpeScore) -> None:
    with pytest.raises(InputError, match="'rigth' was not scored; nearest: right"):
        three.select(["rigth"])
    with pytest.raises(InputError, match="no sequence was chosen"):
        three.select([])


def test_normalised_precision_is_reported_as_the_toolkit_does() -> None:
    """got10k: the mean of the curve; a constant distance of 0.25 reaches 26 of 51 thresholds."""
    truth = np.array([[100.0, 100, 40, 40]] * 2)
    track = truth + np.array([[0], [1]]) * [[10, 0, 0, 0]]
    headline = score_sequences([track], [truth], convention="got10k_lasot").headline
    assert headline["norm_precision"] == pytest.approx((51 + 26) / 102)
    official = score_sequences([track], [truth], convention="pysot").headline
    assert official["norm_precision"] == 0.5
