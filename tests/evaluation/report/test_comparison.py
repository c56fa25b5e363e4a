from __future__ import annotations

import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.report.comparison import compare
from feathertrack.evaluation.report.published import published_rows
from tests.evaluation.report.made_up import evaluated, vot


def test_trackers_are_ranked_by_the_first_measure() -> None:
    (found,) = compare([evaluated("b", auc=(0.1, 0.2, 0.3)), evaluated("a")])
    assert [entry.tracker for entry in found.entries] == ["a", "b"]
    assert found.main.label == "AUC"


def test_the_difference_to_the_best_is_paired_over_sequences() -> None:
    # 0.1 less in every sequence: the paired interval has no width, unpaired ones overlap.
    (found,) = compare([evaluated("a"), evaluated("b", auc=(0.4, 0.5, 0.6))])
    gap = found.differences["b"]
    assert gap.estimate == pytest.approx(-0.1)
    assert gap.low == pytest.approx(gap.high)
    assert gap.excludes_zero
    assert "a" not in found.differences


def test_trackers_of_other_sequences_are_not_paired() -> None:
    (found,) = compare([evaluated("a"), evaluated("b", names=("x", "y", "z"))])
    assert not found.differences


def test_a_pooled_score_has_no_difference_of_means() -> None:
    (found,) = compare([vot("a"), vot("b", eao=0.3)])
    assert not found.differences


def test_benchmarks_and_protocols_are_kept_apart() -> None:
    found = compare([evaluated("a"), vot("a"), evaluated("a", benchmark="otb50")])
    assert [part.slug for part in found] == [
        "otb100-otb-got10k",
        "vot2018-vot-pysot",
        "otb50-otb-got10k",
    ]


def test_one_tracker_twice_is_an_error_that_names_it() -> None:
    with pytest.raises(InputError, match="ours was evaluated twice on otb100"):
        compare([evaluated(), evaluated()])


def test_nothing_to_report_is_an_error() -> None:
    with pytest.raises(InputError, match="no evaluated tracker"):
        compare([])


def test_published_rows_of_the_same_tracker_stand_beside_it_whatever_its_preset() -> None:
    (found,) = compare([evaluated("FDSiamFC_30@otb100")])
    assert [row.tracker for row in found.published] == ["fdsiamfc_30"]
    assert found.published[0].values["auc"] == 0.595
    assert "fdsiamfc_30" not in [row.tracker for row in found.others]
    assert not compare([evaluated("fdsiamfc_30")], published=False)[0].published


def test_published_numbers_of_another_name_of_the_benchmark_say_so() -> None:
    sources = {row.source for row in published_rows("otb100") if "pysot" in row.source}
    assert sources == {"model zoo of STVIR/pysot, there called OTB"}
    assert published_rows("synthetic") == ()
