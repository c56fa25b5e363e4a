"""JSON lines: one object per frame, everything that is known of it; also the journal of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from feathertrack.results import STATES, State
from feathertrack.video.formats.boxformat import BoxFormat, BoxText, Numbered, ReadOptions, Rows
from feathertrack.video.records import BoxTuple, ClipInfo, TrackRow


def encode_row(row: TrackRow) -> str:
    """A row as one line of JSON; keys at their default are left out, but for frame to state.

    >>> encode_row(TrackRow(frame=3, box=(1.0, 2.0, 3.0, 4.0), score=0.5, state="tracking"))
    '{"frame": 3, "time": null, "box": [1.0, 2.0, 3.0, 4.0], "score": 0.5, "state": "tracking"}'
    """
    record: dict[str, object] = {
        "frame": row.frame,
        "time": row.time,
        "box": row.box,
        "score": row.score,
        "state": row.state,
    }
    if row.given:
        record["given"] = True
    if row.name:
        record["name"] = row.name
    if row.seconds is not None:
        record["seconds"] = row.seconds
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def decode_row(text: BoxText, record: object, *, line: int = 0) -> Numbered:
    """A row from a parsed object; only ``frame`` and ``box`` must be there.

    Raises:
        InputError: not an object, a key is missing or of the wrong kind.
    """
    if not isinstance(record, dict) or "frame" not in record or "box" not in record:
        raise text.error("expected an object with the keys frame and box", line=line)
    box = record["box"]
    if box is not None:
        box = decode_box(text, box, line=line)
    return text.row(
        text.integer(record["frame"], what="frame", line=line),
        box,
        line=line,
        score=_optional(text, record, "score", line),
        state=decode_state(text, record.get("state"), line=line),
        time=_optional(text, record, "time", line),
        given=record.get("given") is True,
        name=str(record.get("name", "")),
        seconds=_optional(text, record, "seconds", line),
    )


def decode_box(text: BoxText, value: object, *, line: int = 0) -> BoxTuple:
    """Four numbers out of a parsed list."""
    if not isinstance(value, list) or len(value) != 4:
        raise text.error("a box is not a list of four numbers", line=line)
    x, y, w, h = (text.number(number, what="box coordinate", line=line) for number in value)
    return x, y, w, h


def decode_state(text: BoxText, value: object, *, line: int = 0) -> State | None:
    """One of the states, or None for nothing."""
    if value is None or value == "":
        return None
    if value not in STATES:
        raise text.error(f"state {value!r} is none of {', '.join(STATES)}", line=line)
    return value


def parse(text: BoxText, piece: str, *, line: int = 0) -> Any:
    """Parsed JSON; numbers that JSON does not know (NaN) and endless nesting are errors."""

    def refuse(word: str) -> NoReturn:
        raise ValueError(f"{word} is not a number of JSON")

    try:
        return json.loads(piece, parse_constant=refuse)
    except json.JSONDecodeError as error:
        at = line or error.lineno
        raise text.error(f"not JSON: {error.msg} at column {error.colno}", line=at) from error
    except (ValueError, RecursionError) as error:
        raise text.error(f"not JSON that can be read: {error}", line=line) from error


def _optional(text: BoxText, record: dict[str, Any], key: str, line: int) -> float | None:
    value = record.get(key)
    return None if value is None else text.number(value, what=key, line=line)


def _encode(rows: Rows, clip: ClipInfo) -> Iterator[str]:
    return (encode_row(row) + "\n" for row in rows)


def _decode(text: BoxText, options: ReadOptions) -> Iterator[Numbered]:
    for number, line in text.lines():
        if line[-1] != "}" and text.path.suffix == ".part" and text.text.endswith(line):
            return  # the journal of a run that was cut off in the middle of its last line
        yield decode_row(text, parse(text, line, line=number), line=number)


FORMAT = BoxFormat(name="jsonl", suffix=".jsonl", encode=_encode, decode=_decode)
