from __future__ import annotations

import json

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.eao import WINDOWS
from feathertrack.evaluation.vot.regions import Regions
from feathertrack.evaluation.vot.reset_scores import (
    score_got10k,
    score_mmtracking,
    score_pysot,
    score_toolkit,
)
from feathertrack.evaluation.vot.truth import VotTruth
from tests.evaluation.vot.challenges import TRACKERS, expected_of, runs_of, truth_of
from tests.shared_data import shared

TRUTH_BOX = [20.0, 20, 20, 20]


@pytest.mark.parametrize(("year", "tracker"), TRACKERS)
def test_stored_figures_of_pysot(year: int, tracker: str) -> None:
    truth, expected = truth_of(year), expected_of(year, tracker)
    score = score_pysot(truth, runs_of(year, tracker), window=WINDOWS[f"vot{year}"])
    assert score.expected is not None
    assert score.accuracy == pytest.approx(expected["accuracy"], abs=1e-9)
    assert score.robustness == pytest.approx(expected["robustness"], abs=1e-9)
    assert score.lost == expected["lost"]
    assert score.eao == pytest.approx(expected["eao"], abs=1e-6)
    assert score.expected.num_fragments == expected["n_fragments"]
    assert len(score.expected.curve) == expected["eao_curve_len"]
    for index, value in expected["eao_curve_at"].items():
        assert score.expected.curve[int(index)] == pytest.approx(value, abs=1e-6)
    names = truth.names
    assert score.lost_per_sequence.tolist() == [expected["failures"][name] for name in names]
    accuracies = [float(expected["accuracy_per_sequence"][name]) for name in names]
    np.testing.assert_allclose(score.accuracy_per_sequence, accuracies, rtol=0, atol=1e-9)
    for tag, part in score.per_tag.items():
        assert part.eao == pytest.approx(expected["eao_per_tag"][tag], abs=1e-6)


@pytest.mark.parametrize(("year", "tracker"), TRACKERS)
def test_stored_figures_of_the_toolkit(year: int, tracker: str) -> None:
    expected = expected_of(year, tracker)["vot_toolkit_0_8_same_raw_results"]
    low, high = WINDOWS[f"vot{year}"]
    score = score_toolkit(truth_of(year), runs_of(year, tracker), window=(low, high))
    assert score.expected is not None
    assert score.accuracy == pytest.approx(expected["accuracy_weighted"], abs=1e-9)
    assert score.extra["accuracy_pooled"] == pytest.approx(expected["accuracy_pooled"], abs=1e-9)
    assert score.robustness == pytest.approx(expected["failures_weighted"], abs=1e-9)
    assert score.lost == expected["failures_total"]
    assert score.eao == pytest.approx(expected["eao"], abs=1e-6)
    shifted = score.expected.curve[low - 1 : high].mean()
    assert shifted == pytest.approx(expected["eao_shift_minus1"], abs=1e-6)


@pytest.mark.parametrize(
    ("tracker", "accuracy", "robustness"),
    [("nanotrackv3", 0.552917, 9.353877), ("dasiamrpn", 0.573541, 17.644769)],
)
def test_figures_of_got10k(tracker: str, accuracy: float, robustness: float) -> None:
    score = score_got10k(truth_of(2018), runs_of(2018, tracker))
    assert score.accuracy == pytest.approx(accuracy, abs=1e-6)
    assert score.robustness == pytest.approx(robustness, abs=1e-6)
    assert list(score.per_tag)[-1] == "empty"


def made_up(lengths: list[int]) -> VotTruth:
    regions = [Regions.from_rows([TRUTH_BOX] * length) for length in lengths]
    return VotTruth.build([str(n) for n in lengths], regions, [(80, 80)] * len(lengths))


def steady(length: int, *, box: list[float] = TRUTH_BOX) -> Regions:
    return Regions.from_list([[1.0], *[box] * (length - 1)])


def test_mmtracking_counts_failures_per_100_frames() -> None:
    truth, failing = made_up([40]), [[1.0], *[TRUTH_BOX] * 20, [2.0], *[[0.0]] * 4, [1.0]]
    runs = [[Regions.from_list([*failing, *[TRUTH_BOX] * 13])]]
    assert score_mmtracking(truth, runs).robustness == pytest.approx(100 / 40)
    assert score_toolkit(truth, runs).robustness == 1


def test_first_ten_frames_after_a_start_do_not_count() -> None:
    good, bad = TRUTH_BOX, [20.0, 20, 20, 40]
    run = Regions.from_list([[1.0], *[bad] * 9, *[good] * 5])
    assert score_pysot(made_up([15]), [[run]]).accuracy == 1
    assert score_pysot(made_up([15]), [[run]], burn_in=1).accuracy < 1


def test_burn_in_does_not_reach_into_the_next_sequence() -> None:
    late = Regions.from_list([*[[0.0]] * 11, [1.0]])
    score = score_pysot(made_up([12, 13]), [[late], [steady(13)]])
    assert np.isnan(score.accuracy_per_sequence[0])
    assert score.accuracy_per_sequence[1] == 1


def test_accuracy_of_repetitions_is_averaged_frame_by_frame() -> None:
    half = [20.0, 20, 20, 9.0]
    runs = [[steady(15), steady(15, box=half)]]
    only_half = score_pysot(made_up([15]), [[steady(15, box=half)]]).accuracy
    assert score_pysot(made_up([15]), runs).accuracy == pytest.approx((1 + only_half) / 2)


def test_lost_number_is_the_mean_of_the_repetitions() -> None:
    failing = Regions.from_list([*[[1.0]], *[TRUTH_BOX] * 13, [2.0]])
    score = score_pysot(made_up([15]), [[steady(15), failing]])
    assert (score.lost, score.robustness) == (0.5, pytest.approx(0.5 / 15 * 100))


def test_run_longer_than_the_truth_is_cut_but_its_failures_count() -> None:
    longer = Regions.from_list([[1.0], *[TRUTH_BOX] * 16, [2.0]])
    score = score_pysot(made_up([15]), [[longer]], window=(2, 10))
    assert score.accuracy == 1
    assert score.lost == 1
    assert score.robustness == pytest.approx(100 / 15)


def test_run_shorter_than_the_truth_is_compared_in_the_frames_it_has() -> None:
    score = score_pysot(made_up([30]), [[steady(15)]], window=(2, 10))
    assert score.accuracy == 1
    assert score.expected is not None and len(score.expected.curve) == 15


def test_sequence_without_a_frame_that_counts_is_zero_in_the_toolkit() -> None:
    runs = [[Regions.from_list([[1.0], [2.0], *[[0.0]] * 3])], [steady(15)]]
    score = score_toolkit(made_up([5, 15]), runs)
    assert score.accuracy_per_sequence.tolist() == [0, 1]
    assert score.accuracy == pytest.approx(15 / 20)
    assert np.isnan(score_pysot(made_up([5, 15]), runs).accuracy_per_sequence[0])


def test_repetitions_may_differ_in_number() -> None:
    runs = [[steady(15), steady(15)], [steady(15)]]
    for score in (score_pysot, score_toolkit, score_got10k):
        assert score(made_up([15, 15]), runs).accuracy == pytest.approx(1)


def test_missing_results_are_named() -> None:
    with pytest.raises(InputError, match="results of 1 sequences, expected 2"):
        score_pysot(made_up([15, 16]), [[steady(15)]])
    with pytest.raises(InputError, match="sequence 16 has no result"):
        score_pysot(made_up([15, 16]), [[steady(15)], []])


def test_truths_that_do_not_fit_are_named() -> None:
    with pytest.raises(InputError, match="1 sequence names, 2 ground truths"):
        VotTruth.build(["a"], [Regions.specials(1)] * 2, [(9, 9)])
    with pytest.raises(InputError, match="sequence b has no ground truth"):
        VotTruth.build(["a", "b"], [Regions.specials(1), Regions.specials(0)], [(9, 9)] * 2)


def test_tag_without_a_frame_has_no_accuracy() -> None:
    truth = VotTruth.build(
        ["one"],
        [Regions.from_rows([TRUTH_BOX] * 15)],
        [(80, 80)],
        tags={"dark": [np.zeros(15, dtype=bool)], "far": [np.arange(3) < 2]},
    )
    score = score_pysot(truth, [[steady(15)]], window=(2, 10))
    assert np.isnan(score.per_tag["dark"].accuracy)
    assert score.per_tag["far"].num_frames == 2


def test_four_sequences_as_mmtracking_scores_them() -> None:
    """The golden's overlaps are exact ones of rectangles, ours those of the toolkit's pixels."""
    folder = shared("goldens/siamrpnpp_mmtracking")
    wanted = json.loads((folder / "meta.json").read_text())["vot"]
    with np.load(folder / "vot.npz") as golden:
        parts = [
            {name: golden[f"{name}{number}"] for name in ("gt", "pred", "code")}
            for number in range(4)
        ]
    lengths = [len(part["gt"]) for part in parts]
    regions = [Regions.from_rows(part["gt"].tolist()) for part in parts]
    truth = VotTruth.build([str(n) for n in range(4)], regions, [(4000, 4000)] * 4)
    runs = [
        [
            Regions.from_list(
                [
                    box if code < 0 else [float(code)]
                    for box, code in zip(part["pred"].tolist(), part["code"], strict=True)
                ]
            )
        ]
        for part in parts
    ]
    low, high = wanted["interval"]
    score = score_mmtracking(truth, runs, window=(low, high))
    assert score.lost == wanted["num_fails"]
    assert score.robustness == pytest.approx(100 * wanted["num_fails"] / sum(lengths), rel=1e-9)
    assert score.robustness == pytest.approx(wanted["robustness"], rel=1e-9)
    assert score.accuracy == pytest.approx(wanted["accuracy"], abs=0.01)
    assert score.eao == pytest.approx(wanted["eao"], abs=0.01)
