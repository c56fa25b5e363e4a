from __future__ import annotations

import re

from feathertrack.evaluation.report.comparison import compare
from feathertrack.evaluation.report.sequences import sequence_table
from feathertrack.evaluation.report.tables import to_latex, to_markdown
from tests.evaluation.report.made_up import HOSTILE, evaluated, vot


def test_markdown_marks_the_best_and_what_is_published() -> None:
    lines = to_markdown(compare([evaluated("fdsiamfc_30"), evaluated("b", auc=(0.1, 0.2, 0.3))]))
    rows = [line for line in lines.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1
    assert rows[2].startswith(r"| fdsiamfc\_30 | **0.600** [0.500, 0.700] |")
    assert rows[3].startswith("| b | 0.200 ")
    assert rows[4].endswith("published: README of conquerhuang/FDSiamFC |")


def test_latex_is_a_balanced_table_with_the_published_row_below_a_rule() -> None:
    text = to_latex(compare([evaluated("fdsiamfc_30"), evaluated("b", auc=(0.1, 0.2, 0.3))]))
    assert text.count("{") == text.count("}")
    assert r"\resizebox{\ifdim\width>\linewidth" in text
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {row.count(" & ") for row in rows} == {3}
    assert r"fdsiamfc\_30 & \textbf{0.600}" in text
    assert r"\underline{0.200}" in text
    assert r"fdsiamfc\_30 $^\dagger$ & 0.595" in text
    assert "README of conquerhuang/FDSiamFC" in text


def test_both_tables_have_intervals_and_differences_to_the_best() -> None:
    parts = compare([evaluated("a"), evaluated("b", auc=(0.1, 0.2, 0.3))], published=False)
    assert r"| b - a | -0.400 [-0.400, -0.400]\* | -0.400 " in to_markdown(parts)
    latex = to_latex(parts)
    assert r"a & \textbf{0.600} {\scriptsize [0.500, 0.700]} &" in latex
    assert r"b - a & -0.400 {\scriptsize [-0.400, -0.400]*} &" in latex
    assert "bootstrap interval over sequences" in latex


def test_a_lower_failure_rate_is_the_best_one() -> None:
    text = to_latex(compare([vot("a", lost=0.3), vot("b", eao=0.3, lost=0.2)]))
    assert re.search(r"b & \\underline\{0.300\} & .* & \\textbf\{0.200\}", text)


def test_names_cannot_break_a_table() -> None:
    parts = compare([evaluated(HOSTILE + "\n| x |\\")])
    row = to_markdown(parts).splitlines()[4]
    assert len(re.findall(r"(?<!\\)\|", row)) == 6
    latex = to_latex(parts)
    assert r"\textless{}img" in latex
    assert r"\$x\_1\$" in latex
    assert r"\textbackslash{}" in latex


def test_sequences_show_every_tracker_or_every_measure_of_one() -> None:
    both = sequence_table(compare([evaluated("a"), evaluated("b", names=("ball", "x", "y"))])[0])
    assert both is not None
    assert both.columns == ("a", "b")
    assert [name for name, _ in both.rows] == ["ball", "car", "dog", "x", "y"]
    assert both.rows[1][1][1].value is None
    one = sequence_table(compare([vot("a")])[0])
    assert one is not None
    assert one.columns == ("Accuracy ↑", "Lost (failures) ↓")
    assert [cells[1].goodness for _, cells in one.rows] == [0.0, 1.0, 1 - 1 / 3]
