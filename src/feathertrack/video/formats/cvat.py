"""CVAT for video 1.1: one track of boxes by corners, frames from 0.

``outside="1"`` ends a track: it is written on the first frame without the target, whether lost or
after the last row. CVAT interpolates over frames between two boxes, which suits ``--step``.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from feathertrack.errors import InputError
from feathertrack.video.formats.boxformat import (
    BoxFormat,
    BoxText,
    Numbered,
    ReadOptions,
    Rows,
    exact,
)
from feathertrack.video.formats.jsonl import decode_state
from feathertrack.video.records import BoxTuple, ClipInfo, TrackRow


def _encode(rows: Rows, clip: ClipInfo) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n'
    yield from _meta(clip)
    yield f'<track id="0" label={quoteattr(clip.label)} source="auto">\n'
    last: TrackRow | None = None
    row: TrackRow | None = None
    for row in rows:
        if row.visible:
            yield _box(row, row.frame)
            last = row
        elif last is not None:
            yield _box(last, row.frame, outside=True)
            last = None
    if last is not None and (clip.num_frames is None or last.frame + 1 < clip.num_frames):
        yield _box(last, last.frame + 1, outside=True)
    yield "</track>\n</annotations>\n"


def _meta(clip: ClipInfo) -> Iterator[str]:
    yield f"<meta>\n<task>\n<name>{escape(clip.name)}</name>\n<mode>interpolation</mode>\n"
    if clip.num_frames is not None:
        yield f"<size>{clip.num_frames}</size>\n<start_frame>0</start_frame>\n"
        yield f"<stop_frame>{max(clip.num_frames - 1, 0)}</stop_frame>\n"
    yield f"<labels>\n<label>\n<name>{escape(clip.label)}</name>\n<attributes>\n"
    for name, kind, values in (
        ("score", "text", ""),
        ("state", "select", "tracking\nuncertain"),
    ):
        yield f"<attribute>\n<name>{name}</name>\n<mutable>True</mutable>\n"
        yield f"<input_type>{kind}</input_type>\n<default_value></default_value>\n"
        yield f"<values>{values}</values>\n</attribute>\n"
    yield "</attributes>\n</label>\n</labels>\n<original_size>\n"
    yield f"<width>{clip.width}</width>\n<height>{clip.height}</height>\n</original_size>\n"
    yield "</task>\n</meta>\n"


def _box(row: TrackRow, frame: int, *, outside: bool = False) -> str:
    assert row.box is not None, "only rows with a box are written"
    x, y, w, h = row.box
    corners = f'xtl="{exact(x)}" ytl="{exact(y)}" xbr="{exact(x + w)}" ybr="{exact(y + h)}"'
    score = "" if row.score is None else f'<attribute name="score">{exact(row.score)}</attribute>'
    state = "" if row.state is None else f'<attribute name="state">{row.state}</attribute>'
    return (
        f'<box frame="{frame}" keyframe="1" outside="{int(outside)}" occluded="0" {corners}'
        f' z_order="0">{score}{state}</box>\n'
    )


class _Reader:
    """Handlers of the XML parser; a document type, and with it every entity, is refused."""

    def __init__(self, text: BoxText) -> None:
        self.text = text
        self.targets: dict[str, list[Numbered]] = {}
        self.track: list[Numbered] | None = None
        self.box: dict[str, str] | None = None
        self.attribute: str | None = None
        self.values: dict[str, str] = {}
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def read(self) -> dict[str, list[Numbered]]:
        """The rows of every track that has boxes, by its id."""
        try:
            self.parser.Parse(self.text.text.encode(), True)
        except expat.ExpatError as error:
            message = f"not XML: {expat.ErrorString(error.code)}"
            raise self.text.error(message, line=error.lineno) from error
        return {name: rows for name, rows in self.targets.items() if rows}

    def _error(self, message: str) -> InputError:
        return self.text.error(message, line=self.parser.CurrentLineNumber)

    def _doctype(self, *declaration: object) -> None:
        raise self._error("a document type is not allowed in a file of boxes")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "track":
            number = attributes.get("id", str(len(self.targets)))
            if number in self.targets:
                raise self._error(f"there are two tracks with the id {number}")
            self.track = self.targets[number] = []
        elif name == "box" and self.track is not None:
            self.box, self.values = attributes, {}
        elif name == "attribute" and self.box is not None:
            self.attribute = attributes.get("name", "")

    def _characters(self, data: str) -> None:
        if self.attribute is not None:
            self.values[self.attribute] = self.values.get(self.attribute, "") + data

    def _end(self, name: str) -> None:
        if name == "track":
            self.track = None
        elif name == "attribute":
            self.attribute = None
        elif name == "box" and self.box is not None and self.track is not None:
            if self.box.get("outside") != "1":
                self.track.append(self._row(self.box))
            self.box = None

    def _row(self, box: dict[str, str]) -> Numbered:
        line = self.parser.CurrentLineNumber
        if float(self._number(box, "rotation", "0")):
            raise self._error("a rotated box cannot be read: only upright ones can")
        left, top, right, bottom = (
            self._number(box, name) for name in ("xtl", "ytl", "xbr", "ybr")
        )
        corners: BoxTuple = (left, top, right - left, bottom - top)
        score = self.values.get("score", "").strip()
        return self.text.row(
            self.text.integer(box.get("frame"), what="frame", line=line),
            corners,
            line=line,
            score=self.text.number(score, what="score", line=line) if score else None,
            state=decode_state(self.text, self.values.get("state", "").strip(), line=line),
        )

    def _number(self, box: dict[str, str], name: str, default: str | None = None) -> float:
        line = self.parser.CurrentLineNumber
        return self.text.number(box.get(name, default), what=name, line=line)


def _decode(text: BoxText, options: ReadOptions) -> Iterator[Numbered]:
    targets = _Reader(text).read()
    yield from text.pick(targets, wanted=options.target) if targets else ()


FORMAT = BoxFormat(name="cvat", suffix=".xml", encode=_encode, decode=_decode, by_frame=True)
