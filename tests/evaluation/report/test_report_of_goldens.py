from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from feathertrack.evaluation.report import ReportOutputs, write_report
from tests.evaluation.ope_goldens import expected
from tests.evaluation.report.evaluated_goldens import otb_trackers, vot_trackers


def test_the_tables_hold_the_published_evaluators_numbers(tmp_path: Path) -> None:
    path = tmp_path / "tables.md"
    write_report([*otb_trackers(), *vot_trackers()], ReportOutputs(markdown=path))
    rows = path.read_text(encoding="utf-8").splitlines()
    otb = expected("otb100_expected")["SiamBAN"]["got10k"]["auc"]
    eao = expected("vot2018_expected")["trackers"]["nanotrackv3"]["eao"]
    assert any(row.startswith("| SiamBAN |") and f"{otb:.3f}" in row for row in rows)
    assert any(row.startswith("| nanotrackv3 |") and f"{eao:.3f}" in row for row in rows)


def test_real_results_have_a_story_with_a_failure(tmp_path: Path) -> None:
    entry = vot_trackers()[0]
    overlaps = entry.overlaps["ants3"]
    assert np.nanmax(overlaps) > 0.5
    assert (overlaps == 0).sum() == 2  # it failed twice there
    assert entry.reliability == pytest.approx(0.9, abs=0.1)
