"""Temple-Color 128: ranges of its own files, and names that differ from those of the folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from feathertrack.benchmarks import open_benchmark
from feathertrack.benchmarks.bundled import bundled_list
from feathertrack.errors import InputError
from tests.benchmarks.miniatures import tcolor


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [("David", 300, 770), ("Busstation_ce2", 6, 400), ("Hurdle_ce2", 27, 330)],
)
def test_ranges_need_not_begin_at_1(tmp_path: Path, name: str, first: int, last: int) -> None:
    span = f"{first},{last}"
    tcolor(tmp_path, name, name, [first, last], rows=last - first + 1, span=span)
    sequence = open_benchmark("tcolor128", tmp_path)[name]
    assert sequence.frames[0].name == f"{first:04d}.jpg"
    assert len(sequence) == len(sequence.truth) == last - first + 1


def test_files_are_found_by_their_ending_where_their_names_differ(tmp_path: Path) -> None:
    tcolor(tmp_path, "Yo_yos_ce1", "Yo-yos_ce1", [1, 235], rows=235, span="1,235")
    assert len(open_benchmark("tcolor128", tmp_path)["Yo_yos_ce1"].truth) == 235


def test_the_range_in_the_archive_wins_over_the_list(tmp_path: Path) -> None:
    tcolor(tmp_path, "Bee_ce", "Bee_ce", [3, 60], rows=58, span="3,60")
    bee = open_benchmark("tcolor128", tmp_path)["Bee_ce"]
    assert (len(bee), bee.frames[0].name, bee.notes) == (58, "0003.jpg", ())


def test_a_range_that_is_none_is_named(tmp_path: Path) -> None:
    tcolor(tmp_path, "Bee_ce", "Bee_ce", [1], rows=90, span="9,1")
    with pytest.raises(InputError, match=r"Bee_ce_frames\.txt, line 1: expected the first and"):
        _ = open_benchmark("tcolor128", tmp_path)["Bee_ce"]


def test_the_list_has_the_published_number_of_frames() -> None:
    entries = bundled_list("tcolor128").entries.values()
    assert (len(entries), sum(len(entry.numbers) for entry in entries)) == (129, 55_346)


def test_pytracking_calls_them_tpl(tmp_path: Path) -> None:
    tcolor(tmp_path, "tpl_Bee_ce", "Bee_ce", [1, 90], rows=90, span="1,90")
    benchmark = open_benchmark("tcolor128", tmp_path)
    assert benchmark["tpl_Bee_ce"].name == "Bee_ce"
