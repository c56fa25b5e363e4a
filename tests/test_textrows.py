"""Tables of numbers: every way of writing them, every mistake named with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feathertrack.errors import InputError
from feathertrack.textrows import parse_ragged, parse_rows, ragged_of, rows_of


def written(rows: list[str], *, times: int = 1) -> bytes:
    return ("\n".join(rows * times) + "\n").encode()


@pytest.mark.parametrize("separator", [",", "\t", " ", ";", ", ", " ,\t "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(separator: str, end: str) -> None:
    lines = [separator.join(row) for row in (["1", "2.5", "-3", "4e1"], ["5", "NaN", "7", "8"])]
    found = rows_of((end.join(lines) + end).encode(), name="gt.txt")
    np.testing.assert_array_equal(found, [[1, 2.5, -3, 40], [5, np.nan, 7, 8]])


def test_a_missing_last_line_end_a_mark_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "gt.txt"
    path.write_bytes(b"\xef\xbb\xbf1,2,3,4\n\n  \n5,6,7,8")
    assert parse_rows(path, columns=4).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


NUMBERS = [
    *("0", "-0", "+7", "1.", ".5", "-.25", "007", "12345678", "123456789", "1234567890123456"),
    *("0.1", "99999999.99999999", "123456789012345678", "0.30000000000000004", "1e-3", "2E+05"),
    *("nan", "-NaN", "inf", "-Infinity", "179769313486231570000", "0.00000000000000000001"),
    *("9007199254740993", "9007199254740992.5", "3.141592653589793238462643383", "1e400"),
]


def test_every_number_is_what_float_makes_of_it() -> None:
    found = rows_of(written(NUMBERS, times=60), name="many")
    expected = np.array([float(word) for word in NUMBERS] * 60)
    np.testing.assert_array_equal(found[:, 0].view(np.uint64) >> 1, expected.view(np.uint64) >> 1)
    np.testing.assert_array_equal(np.signbit(found[:, 0]), np.signbit(expected))


@pytest.mark.parametrize(
    "words",
    [["1.", "23.", ".5"], ["1.25", "7", "5."], ["-1.5", "-20.25"], ["12", "-3"], ["1.2", "-0.0"]],
)
def test_short_numbers_of_every_shape_are_exact(words: list[str]) -> None:
    found = rows_of(written(words, times=200), name="many")[:, 0]
    assert found.tobytes() == np.array([float(word) for word in words * 200]).tobytes()


@pytest.mark.parametrize("pair", ["1.2.3 4", "1-2 -3", "1-2 3.4", "-1 2-", "1..5 3", "4 5e"])
def test_letters_in_one_number_are_not_made_up_for_by_another(pair: str) -> None:
    with pytest.raises(InputError, match=r"x, line 301: .* is not a number"):
        rows_of(written(["1 2"] * 300 + [pair]), name="x")
    with pytest.raises(InputError, match=r"x, line 301: .* is not a number"):
        rows_of(written(["1.5 2.5"] * 300 + [pair]), name="x")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 16), st.booleans())
def test_random_decimals_are_exact(seed: int, decimals: int, shortest: bool) -> None:
    values = np.random.default_rng(seed).normal(0, 10.0 ** (seed % 5), 512)
    words = [repr(v) if shortest else f"{v:.{decimals}f}" for v in values.tolist()]
    found = rows_of(written(words), name="many")[:, 0]
    assert found.tobytes() == np.array([float(word) for word in words]).tobytes()


@pytest.mark.parametrize("times", [1, 300])
@pytest.mark.parametrize("word", ["x", "1_0", "1.2.3", "--4", "4-", "0x10", "1,5e", "\u0663", "."])
def test_a_word_that_is_no_number_is_named_with_its_line(word: str, times: int) -> None:
    good = ["1 2 3 4"] * times
    data = written([*good, "", f"1 2 {word} 4"])
    with pytest.raises(InputError, match=rf"gt\.txt, line {times + 2}: .*(not a number|numbers)"):
        rows_of(data, name="gt.txt")


def test_rows_of_another_length_are_named_with_their_line() -> None:
    with pytest.raises(InputError, match=r"gt, line 3: there are 3 numbers, expected 4"):
        rows_of(b"1,2,3,4\n1,2,3,4\n1,2,3\n1,2,3,4,5\n", name="gt")
    with pytest.raises(InputError, match=r"gt, line 2: there are 5 numbers, expected 4 or 8"):
        rows_of(b"\n1,2,3,4,5\n", name="gt", columns=(4, 8))


def test_rows_that_may_differ_are_padded(tmp_path: Path) -> None:
    path = tmp_path / "gt.txt"
    path.write_text("0\n1,2,3,4\n1,2,3,4,5,6,7,8\n")
    rows, widths = parse_ragged(path, columns=(1, 4, 8))
    assert widths.tolist() == [1, 4, 8]
    assert rows.shape == (3, 8)
    assert np.isnan(rows[1, 4:]).all()
    with pytest.raises(InputError, match="line 1: there are 2 numbers, expected 4"):
        ragged_of(b"1,2\n", name="x", columns=(4,))


def test_empty_and_missing_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b" \r\n")
    with pytest.raises(InputError, match=r"empty\.txt is empty"):
        parse_rows(tmp_path / "empty.txt")
    with pytest.raises(InputError, match=r"none\.txt cannot be read: No such file"):
        parse_rows(tmp_path / "none.txt")
    with pytest.raises(InputError, match=r"cannot be read|is no file"):
        parse_rows(tmp_path)


@pytest.mark.parametrize("decimals", [1, 2, 4, 7, 8])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_long_files_with_equally_many_decimals_are_exact(decimals: int, end: str) -> None:
    values = np.random.default_rng(decimals).normal(0, 300, (6000, 4))
    words = [[f"{value:.{decimals}f}" for value in row] for row in values.tolist()]
    found = rows_of(end.join(map(",".join, words)).encode(), name="many")
    assert found.tobytes() == np.array(words, np.float64).tobytes()


@pytest.mark.parametrize(
    "row",
    ["1.25,x.25,3.25,4.25", "1.25,2.2-,3.25,4.25", "1.25,2.2.,5,4.25", "1.25!2.25,3.25,4.25"],
)
def test_a_wrong_row_deep_in_a_long_file_is_named_with_its_line(row: str) -> None:
    lines = ["10.25,20.25,30.25,40.25"] * 6000
    lines[5000] = row
    with pytest.raises(InputError, match=r"gt, line 5001: "):
        rows_of(written(lines), name="gt", columns=4)


def test_a_short_row_deep_in_a_long_file_is_named_with_its_line() -> None:
    lines = ["10.25,20.25,30.25,40.25"] * 6000
    lines[5000:] = ["1.25,2.25"] * 1000
    with pytest.raises(InputError, match=r"gt, line 5001: there are 2 numbers, expected 4"):
        rows_of(written(lines), name="gt")
    with pytest.raises(InputError, match=r"gt, line 1: there are 4 numbers, expected 8"):
        rows_of(written(lines[:5000]), name="gt", columns=8)


@pytest.mark.parametrize("letter", ["!", "#", "'", "(", "*", "/", ":", "<"])
def test_no_other_letter_separates_numbers(letter: str) -> None:
    with pytest.raises(InputError, match=r"gt, line 1: "):
        rows_of(written([f"1.5{letter}2.5"] * 500), name="gt")
