"""Comma separated values with a header: frame,time,x,y,w,h,score,state."""

from __future__ import annotations

from collections.abc import Iterator

from feathertrack.video.formats.boxformat import (
    BoxFormat,
    BoxText,
    Numbered,
    ReadOptions,
    Rows,
    exact,
    split,
)
from feathertrack.video.formats.jsonl import decode_state
from feathertrack.video.records import BoxTuple, ClipInfo, TrackRow

_COLUMNS = ("frame", "time", "x", "y", "w", "h", "score", "state")
_BOX = ("x", "y", "w", "h")
_BARE = ("frame", *_BOX)


def _encode(rows: Rows, clip: ClipInfo) -> Iterator[str]:
    yield ",".join(_COLUMNS) + "\n"
    for row in rows:
        yield ",".join(_cells(row)) + "\n"


def _cells(row: TrackRow) -> tuple[str, ...]:
    box = ("",) * 4 if row.box is None else tuple(exact(value) for value in row.box)
    return (str(row.frame), _cell(row.time), *box, _cell(row.score), row.state or "")


def _cell(value: float | None) -> str:
    return "" if value is None else exact(value)


def has_header(line: str) -> bool:
    """The first line of a table names its columns."""
    return split(line)[0].strip('"').lower() == "frame"


def _decode(text: BoxText, options: ReadOptions) -> Iterator[Numbered]:
    columns: tuple[str, ...] | None = None
    for number, line in text.lines():
        cells = _split_row(line)
        if columns is None and has_header(line):
            columns = _header(text, cells, line=number)
            continue
        columns = columns or _BARE
        if len(cells) != len(columns):
            message = f"there are {len(cells)} values, expected {len(columns)}: {','.join(columns)}"
            raise text.error(message, line=number)
        yield _row(text, dict(zip(columns, cells, strict=True)), line=number)


def _split_row(line: str) -> list[str]:
    """Cells between commas, else between semicolons, tabs or blanks; a cell may be empty."""
    if "," in line:
        return [cell.strip().strip('"') for cell in line.split(",")]
    return [cell.strip('"') for cell in split(line)]


def _header(text: BoxText, cells: list[str], *, line: int) -> tuple[str, ...]:
    columns = tuple(cell.lower() for cell in cells)
    missing = [name for name in _BARE if name not in columns]
    if missing or len(set(columns)) < len(columns):
        what = f"the column {missing[0]} is missing" if missing else "a column appears twice"
        raise text.error(f"{what}: expected {','.join(_COLUMNS)}", line=line)
    return columns


def _row(text: BoxText, cells: dict[str, str], *, line: int) -> Numbered:
    def optional(name: str) -> float | None:
        cell = cells.get(name, "")
        return text.number(cell, what=name, line=line) if cell else None

    box: BoxTuple | None = None
    if any(cells[name] for name in _BOX):
        x, y, w, h = (text.number(cells[name], what=name, line=line) for name in _BOX)
        box = x, y, w, h
    return text.row(
        text.integer(cells["frame"], what="frame", line=line),
        box,
        line=line,
        score=optional("score"),
        state=decode_state(text, cells.get("state"), line=line),
        time=optional("time"),
    )


FORMAT = BoxFormat(name="csv", suffix=".csv", encode=_encode, decode=_decode)
