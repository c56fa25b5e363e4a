"""Score maps: interpolation, peaks and the four outcomes, beside CFKD's."""

from __future__ import annotations

import numpy as np
import pytest

from feathertrack.trackers.localisation import (
    Location,
    Map,
    Thresholds,
    gaussian_labels,
    hann_window,
    interpolate,
    locate,
)
from tests.goldens_compare import assert_within, load_golden

THRESHOLDS = Thresholds(
    not_found=0.25, distractor=0.8, hard_negative=0.5, displacement=0.8, neighbourhood=2.2
)
SCALE = 1.3
NAMES = {"None": "normal", "hard_negative": "hard_negative"}


def _up(raw: Map) -> Map:
    return interpolate(raw, 16 * len(raw), even_filter=True, nyquist="twice")


def _located(up: Map) -> Location:
    return locate(up, target_hw=np.array([60.0, 80.0]) / SCALE, thresholds=THRESHOLDS)


@pytest.mark.parametrize(("name", "prefix"), [("atom_online", ""), ("drnet_online", "max.")])
@pytest.mark.parametrize(
    "case",
    [
        *("none", "not_found", "distractor_far", "distractor_far_swapped", "both_far"),
        *("close_uncertain", "hard_negative", "hn_below"),
    ],
)
def test_outcomes(case: str, name: str, prefix: str) -> None:
    golden, key = load_golden(name, "golden").arrays, f"{prefix}loc.{case}"
    up = _up(golden[f"{key}.raw"])
    assert_within("up", up[::16, ::16], golden[f"{key}.up"], tolerance=1e-5)
    found = _located(up)
    flag = str(golden[f"{key}.flag"])
    assert found.outcome == NAMES.get(flag, flag)
    assert_within("vec", found.place * SCALE, golden[f"{key}.vec"], tolerance=1e-4)


def test_interpolation_of_learnt_responses() -> None:
    for prefix in ("", "max.", "sum.", "ohem."):
        golden = load_golden("drnet_online" if prefix else "atom_online", "golden").arrays
        up = _up(golden[f"{prefix}scores_raw"][0, 0])
        assert_within("up", up[::8, ::8], golden[f"{prefix}scores_up"], tolerance=1e-5)
        assert up.max() == pytest.approx(float(golden[f"{prefix}scores_up_max"]), abs=1e-5)
        found, flag = _located(up), str(golden[f"{prefix}flag"])
        assert found.outcome == NAMES.get(flag, flag)
        assert_within(
            "vec", found.place * SCALE, golden[f"{prefix}translation_vec"], tolerance=1e-4
        )


@pytest.mark.parametrize("cells", [18, 17])
@pytest.mark.parametrize("even_filter", [True, False])
def test_interpolation_goes_through_the_cells(cells: int, even_filter: bool) -> None:
    raw = np.random.default_rng(0).normal(size=(cells, cells)).astype(np.float32)
    up = interpolate(raw, 16 * cells, even_filter=even_filter, nyquist="once")
    if even_filter == (cells % 2 == 0):  # else the middle lies between two cells
        start = (8 * cells) % 16
        assert_within("cells", up[start::16, start::16], raw, tolerance=1e-5)
    twice = interpolate(raw, 16 * cells, even_filter=even_filter, nyquist="twice")
    assert (cells % 2 == 0) != np.array_equal(up, twice)


def test_peak_of_a_label_is_found_where_it_was_put() -> None:
    label = gaussian_labels(18, np.array([[2.5, -3.5]]) + 0.5, deviation=0.9)[0]
    found = _located(interpolate(label, 288, even_filter=True, nyquist="once"))
    assert found.place.tolist() == [40.0, -56.0]
    assert found.outcome == "normal"


def test_window_is_highest_in_the_middle() -> None:
    for size in (288, 15):
        window = hann_window(size)
        assert window[size // 2, size // 2] == window.max() == 1
        assert 0 < window.min() < 1e-3 * 40
    reference = [0.5 * (1 + np.cos(2 * np.pi * k / 10)) for k in (0, 1, 2, 3, 4, 3, 2, 1)]
    expected = np.roll(reference, 4)
    assert_within("window", hann_window(8)[4], expected, tolerance=1e-6)


def test_scores_that_are_no_numbers_are_not_found() -> None:
    assert _located(np.full((288, 288), np.nan, np.float32)).outcome == "not_found"
