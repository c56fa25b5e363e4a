"""What the toolkits themselves make of 40 trap-filled sequences, of OTB100 and of LaSOT."""

from __future__ import annotations

import json

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.ope import CONVENTIONS, OpeScore, score_sequences
from tests.evaluation.ope_goldens import GoldenSet, arrays, expected, lasot, made_up, otb100
from tests.goldens_compare import assert_within
from tests.shared_data import shared

MADE_UP = sorted(set(CONVENTIONS) - {"mmtracking"})  # whose goldens are of the visible frames
OTB = {
    "pysot": "pysot",
    "got10k": "got10k_otb",
    "pytracking": "pytracking_otb",
    "otb_official": "otb_official",
}
LASOT = {
    "lasot_official": "lasot_official",
    "pysot": "pysot_absent",
    "got10k": "got10k_lasot",
    "pytracking": "pytracking_lasot",
}


def tolerance(convention: str) -> float:
    return 2e-7 if CONVENTIONS[convention].single_precision else 1e-9


def score(data: GoldenSet, tracks: list[np.ndarray], convention: str, rows: list[int]) -> OpeScore:
    return score_sequences(
        [tracks[row] for row in rows],
        [data.truths[row] for row in rows],
        convention=convention,
        absent=[data.absent[row] for row in rows] if data.absent else None,
        names=[data.names[row] for row in rows],
    )


def accepted_rows(convention: str) -> tuple[list[int], list[int]]:
    """Sequences that the toolkit computes, and those for which it raises."""
    data = made_up()
    flags = data.arrays.get(f"{convention}/ok", np.ones(len(data.names)))
    return np.flatnonzero(flags).tolist(), np.flatnonzero(flags == 0).tolist()


@pytest.mark.parametrize("convention", MADE_UP)
def test_curves_of_sequences_full_of_traps(convention: str) -> None:
    data, (rows, _) = made_up(), accepted_rows(convention)
    found = score(data, data.split("pred"), convention, rows)
    computed = {
        "success": found.success,
        "precision": found.precision,
        "norm_precision": found.norm_precision,
        "avg_overlap_valid": found.mean_overlap,
    }
    for key, values in computed.items():
        golden = data.arrays.get(f"{convention}/{key}")
        if golden is not None:
            label = f"{convention}/{key}"
            assert_within(label, values, golden[rows], tolerance=tolerance(convention))
    has_golden = f"{convention}/norm_precision" in data.arrays
    assert (found.norm_precision is not None) == has_golden


@pytest.mark.parametrize("convention", MADE_UP)
def test_what_the_toolkit_refuses_is_an_error(convention: str) -> None:
    data = made_up()
    for row in accepted_rows(convention)[1]:
        with pytest.raises(InputError, match=f"{data.names[row]}.*{convention} refuses"):
            score(data, data.split("pred"), convention, [row])


@pytest.mark.parametrize("convention", MADE_UP)
def test_means_over_sequences_full_of_traps(convention: str) -> None:
    data, (rows, _) = made_up(), accepted_rows(convention)
    wanted = expected("ope_random40_summary")[convention]
    assert len(rows) == wanted["n_ok"]
    check_headline(score(data, data.split("pred"), convention, rows), wanted)


@pytest.mark.parametrize("tracker", ["SiamBAN", "DaSiamRPN"])
@pytest.mark.parametrize("toolkit", OTB)
def test_otb100(tracker: str, toolkit: str) -> None:
    found, wanted = score_otb100(tracker, toolkit), expected("otb100_expected")[tracker][toolkit]
    allowed = tolerance(OTB[toolkit])
    check_headline(found, wanted)
    for key, curve in (("success", found.mean_success), ("precision", found.mean_precision)):
        assert_within(f"{toolkit}/{key}", curve, wanted[f"{key}_curve"], tolerance=allowed)
    per_sequence = [wanted["auc_per_sequence"][name] for name in found.names]
    assert_within(toolkit, found.per_sequence["auc"], per_sequence, tolerance=allowed)


@pytest.mark.parametrize("tracker", ["SiamBAN", "DaSiamRPN"])
@pytest.mark.parametrize("toolkit", ["pysot", "otb_official"])
def test_subsets_and_attributes_of_otb100(tracker: str, toolkit: str) -> None:
    found, wanted = score_otb100(tracker, toolkit), expected("otb100_expected")[tracker][toolkit]
    groups = expected("otb100_subsets_attributes")
    parts = found.by_attribute(groups["attributes"])
    assert sorted(parts) == sorted(wanted["attributes"])
    parts |= {name: found.select(members) for name, members in groups["subsets"].items()}
    for name, values in (wanted["attributes"] | wanted["subsets"]).items():
        assert len(parts[name].names) == values["n"]
        check_headline(parts[name], values)


@pytest.mark.parametrize("tracker", ["SiamRPN++", "ATOM"])
@pytest.mark.parametrize("toolkit", LASOT)
def test_lasot(tracker: str, toolkit: str) -> None:
    data = lasot()
    tracks = data.split(f"pred_{tracker.replace('++', 'pp')}")
    found = score(data, tracks, LASOT[toolkit], list(range(len(data.names))))
    wanted = expected("lasot_subset_expected")[f"{tracker}/{toolkit}"]
    check_headline(found, wanted)
    per_sequence = [wanted["auc_per_sequence"][name] for name in found.names]
    allowed = tolerance(LASOT[toolkit])
    assert_within(toolkit, found.per_sequence["auc"], per_sequence, tolerance=allowed)


def score_otb100(tracker: str, toolkit: str) -> OpeScore:
    data = otb100()
    tracks = arrays(f"otb100_{tracker}")["box_xywh"]
    cuts = np.cumsum(data.arrays["length"])[:-1]
    return score_sequences(
        np.split(tracks, cuts), data.truths, convention=OTB[toolkit], names=data.names
    )


def check_headline(found: OpeScore, wanted: dict[str, float]) -> None:
    """Compare the means; the goldens name the normalised precision by where it is read."""
    computed = {
        "auc": found.headline["auc"],
        "sr50": found.headline["success_50"],
        "p20": found.headline["precision"],
    }
    if found.norm_precision is not None:
        computed["np20"] = found.norm_precision[:, 20].mean()
        computed["np_auc"] = found.norm_precision.mean()
    for key in computed.keys() & wanted.keys():
        label = f"{found.convention.name}/{key}"
        allowed = tolerance(found.convention.name)
        assert_within(label, computed[key], wanted[key], tolerance=allowed)


@pytest.mark.parametrize(
    ("convention", "rows"), [("mmtracking", "all_frames"), ("mmtracking_visible", "visible_only")]
)
def test_three_sequences_with_absences_as_mmtracking_scores_them(
    convention: str, rows: str
) -> None:
    folder = shared("goldens/siamrpnpp_mmtracking")
    wanted = json.loads((folder / "meta.json").read_text())["ope"][rows]
    with np.load(folder / "ope.npz") as golden:
        truths, tracks = (
            [sized(golden[f"{name}{number}"]) for number in range(3)] for name in ("gt", "pred")
        )
        absent = [~golden[f"vis{number}"].astype(bool) for number in range(3)]
    found = score_sequences(
        tracks,
        truths,
        convention=convention,
        absent=absent if convention == "mmtracking_visible" else None,
        names=list("abc"),
    )
    headline = found.headline
    assert 100 * headline["auc"] == pytest.approx(wanted["success"], abs=1e-5)
    assert 100 * headline["precision"] == pytest.approx(wanted["precision"], abs=1e-9)
    assert 100 * headline["norm_precision"] == pytest.approx(wanted["norm_precision"], abs=1e-9)


def sized(boxes_xyxy: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes_xyxy[:, :2], boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]], axis=1)
