"""One JSON document: the clip and every row; nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator

from feathertrack.video.formats.boxformat import BoxFormat, BoxText, Numbered, ReadOptions, Rows
from feathertrack.video.formats.jsonl import decode_row, encode_row, parse
from feathertrack.video.records import ClipInfo

_VERSION = 1


def _encode(rows: Rows, clip: ClipInfo) -> Iterator[str]:
    head = {
        "name": clip.name,
        "width": clip.width,
        "height": clip.height,
        "fps": None if clip.fps is None else float(clip.fps),
        "num_frames": clip.num_frames,
        "label": clip.label,
    }
    yield f'{{"format": "feathertrack", "version": {_VERSION},\n"clip": {json.dumps(head)},\n'
    yield '"rows": ['
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + encode_row(row)
    yield "\n]}\n"


def _decode(text: BoxText, options: ReadOptions) -> Iterator[Numbered]:
    document = parse(text, text.text)
    rows = document.get("rows") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise text.error("expected an object with the list rows, as --output json:FILE writes it")
    for number, record in enumerate(rows):
        if not isinstance(record, dict):
            raise text.error(f"rows[{number}] is not an object")
        yield decode_row(text, record)


FORMAT = BoxFormat(name="json", suffix=".json", encode=_encode, decode=_decode)
