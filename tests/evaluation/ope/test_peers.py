"""The measure that the shipped model is judged by equals that of the peers beside it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from feathertrack.boxes import zero_based
from feathertrack.evaluation.ope import score_sequences
from tests.shared_data import shared


@pytest.mark.parametrize("part", ["dev", "val"])
def test_a_box_that_never_moves_scores_what_was_measured_for_it(part: str) -> None:
    folder = shared("sequences")
    expected = json.loads((folder / "peers.json").read_text())[part]["still"]
    truths = [
        zero_based(
            np.loadtxt(
                folder / ("val" if part == "val" else "train") / name / "groundtruth_rect.txt",
                delimiter=",",
            )
        )
        for name in expected
    ]
    still = [np.repeat(truth[:1], len(truth), axis=0) for truth in truths]
    score = score_sequences(still, truths, convention="got10k_otb")
    measured = np.stack([score.success.mean(axis=1), score.precision[:, 20]], axis=1)
    np.testing.assert_allclose(measured, list(expected.values()), atol=5e-5)
