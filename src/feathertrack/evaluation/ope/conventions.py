"""The table of toolkits: each entry says only how it differs from its relatives."""

from __future__ import annotations

import difflib
from dataclasses import replace

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.curves import evenly
from feathertrack.evaluation.ope.convention import Convention

_NUMPY = evenly(np.linspace(0, 1, 21))  # np.arange(0, 1.05, 0.05) has the same bits
_TWENTIETHS = evenly(np.arange(21) / 20)
# torch.arange steps in blocks of four float64 on AVX2, as where the reference numbers were made;
# blocks of eight (AVX-512) give the bits of numpy. Entries 13 and 15 differ.
_TORCH = evenly(np.arange(21) // 4 * 4 * 0.05 + np.arange(21) % 4 * 0.05)
_HUNDREDTHS = evenly(np.arange(51) / 100)
_HALF = evenly(np.linspace(0, 0.5, 51))
_EPS = float(np.finfo(np.float64).eps)

_PYSOT = Convention(
    name="pysot",
    source="pysot toolkit, utils/statistics.py and evaluation/ope_benchmark.py",
    short="refuse",
    long="refuse",
    overlap="corners",
    overlap_clipped=True,
    overlap_frames="sized",
    distance_frames="centered",
    normalised="divided_eps",
    normalised_frames="centered",
    success_thresholds=_NUMPY,
    normalised_thresholds=_HUNDREDTHS,
    notes=("a frame without a usable true centre counts as precise",),
)

_PYSOT_ABSENT = replace(
    _PYSOT,
    name="pysot_absent",
    source="pysot toolkit, evaluation/ope_benchmark.py, data sets with absent labels (LaSOT)",
    long="cut",  # pysot cuts monkey-17 by name, the one sequence where results are longer
    dropped=frozenset({"absent"}),
    notes=("absent frames are left out but stay in the divisor", *_PYSOT.notes),
)

_GOT10K_OTB = Convention(
    name="got10k_otb",
    source="got10k toolkit, utils/metrics.py and experiments/otb.py",
    short="cut",
    long="cut",
    first_frame="truth",
    overlap="corners",
    union_added=_EPS,
    overlap_clipped=True,
    overlap_frames="any",
    distance_frames="any",
    success_thresholds=_NUMPY,
    normalised_thresholds=_HALF,
    normalised_score="mean",
)

_GOT10K_UAV = replace(
    _GOT10K_OTB,
    name="got10k_uav",
    source="got10k toolkit, utils/metrics.py and experiments/uav123.py",
    dropped=frozenset({"nan_truth"}),
    divisor="kept",
)

_GOT10K_LASOT = replace(
    _GOT10K_UAV,
    name="got10k_lasot",
    source="got10k toolkit, utils/metrics.py and experiments/lasot.py",
    normalised="difference",
    notes=(
        "absent frames with a true box that is not NaN count",
        "normalised precision is the mean of the curve, not its value at 0.20",
    ),
)

_PYTRACKING_OTB = Convention(
    name="pytracking_otb",
    source="pytracking, analysis/extract_results.py",
    short="pad",
    long="cut",
    refused=frozenset({"nan_truth", "bad_track"}),
    repeated="zero_size",
    first_frame="truth",
    overlap="pixels",
    overlap_frames="positive",
    distance_frames="positive",
    distance_otherwise=np.inf,
    normalised="divided",
    normalised_frames="positive",
    success_thresholds=_TORCH,
    normalised_thresholds=_HUNDREDTHS,
    single_precision=True,
    notes=("a frame without a usable true box counts as precise in normalised precision",),
)

_PYTRACKING_EXCLUDE_INVALID = replace(
    _PYTRACKING_OTB,
    name="pytracking_otb_exclude_invalid",
    source="pytracking, analysis/extract_results.py, exclude_invalid_frames=True",
    divisor="usable",
    notes=(
        "unusable frames are taken out of the divisor only: normalised precision can pass 1",
        *_PYTRACKING_OTB.notes,
    ),
)

_PYTRACKING_UAV = replace(
    _PYTRACKING_OTB,
    name="pytracking_uav",
    source="pytracking, analysis/extract_results.py, dataset 'uav'",
    refused=frozenset({"bad_track"}),
    distance_otherwise=-1.0,
    notes=("a frame without a usable true box counts as precise",),
)

_PYTRACKING_LASOT = replace(
    _PYTRACKING_OTB,
    name="pytracking_lasot",
    source="pytracking, analysis/extract_results.py, dataset 'lasot'",
    short="refuse",
    absent_unusable=True,
    notes=("an absent frame is a miss in every curve",),
)

_OTB_OFFICIAL = Convention(
    name="otb_official",
    source="OTB's python code (jwlim/tracker_benchmark), scripts/bscripts/calc_seq_err.py",
    short="cut",
    long="cut",
    first_frame="truth",
    overlap="pixels",
    overlap_frames="positive",
    distance_frames="positive",
    distance_decimals=4,
    success_thresholds=_TWENTIETHS,
    normalised_thresholds=_HUNDREDTHS,
    notes=("a frame without a usable true box counts as precise",),
)

_LASOT_OFFICIAL = Convention(
    name="lasot_official",
    source="LaSOT evaluation toolkit (MATLAB), utils/calc_seq_err_robust.m",
    short="refuse",
    long="cut",
    repeated="no_box",
    first_frame="truth",
    dropped=frozenset({"absent"}),
    divisor_added=_EPS,
    overlap="pixels",
    overlap_frames="positive",
    distance_frames="positive",
    normalised="divided",
    normalised_frames="positive",
    success_thresholds=_NUMPY,
    normalised_thresholds=_HUNDREDTHS,
    notes=("absent frames are left out but stay in the divisor",),
)

_MMTRACKING = Convention(
    name="mmtracking",
    source="mmtracking, core/evaluation/eval_sot_ope.py, only_eval_visible=False (OTB, UAV)",
    short="refuse",
    long="refuse",
    overlap="float32",
    overlap_frames="cornered",
    center="size",
    distance_frames="centered",
    normalised="divided_eps",
    normalised_frames="centered",
    success_thresholds=_NUMPY,
    normalised_thresholds=_HUNDREDTHS,
    notes=(
        "a frame without a usable true centre counts as precise",
        "mmtracking itself prints shares rounded to 3 decimals, times 100",
    ),
)

_MMTRACKING_VISIBLE = replace(
    _MMTRACKING,
    name="mmtracking_visible",
    source="mmtracking, core/evaluation/eval_sot_ope.py, only_eval_visible=True (LaSOT)",
    dropped=frozenset({"absent", "empty_truth"}),
    notes=("absent frames are left out but stay in the divisor", *_MMTRACKING.notes),
)

CONVENTIONS: dict[str, Convention] = {
    convention.name: convention
    for convention in (
        _PYSOT,
        _PYSOT_ABSENT,
        _GOT10K_OTB,
        _GOT10K_UAV,
        _GOT10K_LASOT,
        _PYTRACKING_OTB,
        _PYTRACKING_EXCLUDE_INVALID,
        _PYTRACKING_UAV,
        _PYTRACKING_LASOT,
        _OTB_OFFICIAL,
        _LASOT_OFFICIAL,
        _MMTRACKING,
        _MMTRACKING_VISIBLE,
    )
}
"""Every convention of one-pass evaluation, by name."""


def find_convention(name: str) -> Convention:
    """Return the convention of that name.

    Raises:
        InputError: there is none; the text names the nearest.
    """
    try:
        return CONVENTIONS[name]
    except KeyError:
        near = difflib.get_close_matches(name, CONVENTIONS, n=3, cutoff=0.4) or CONVENTIONS
        raise InputError(f"no convention is called {name!r}; nearest: {', '.join(near)}") from None
