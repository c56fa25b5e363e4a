"""Which box format a text is in, told by what it holds."""

from __future__ import annotations

import json
from typing import Any

from feathertrack.video.formats.boxformat import BoxText, split
from feathertrack.video.formats.table import has_header

_LOOK = 4096


def detect(text: BoxText) -> str:
    """Name of the format.

    Raises:
        InputError: none fits, or several do; then the text names them.
    """
    start = text.text.lstrip()[:1]
    if not start:
        raise text.error("the file is empty")
    if start == "<":
        return "cvat"
    if start in "{[":
        return _json_format(text)
    return _line_format(text)


def _json_format(text: BoxText) -> str:
    first = next(line for _, line in text.lines())
    record = _object(first)
    if isinstance(record, dict) and "frame" in record:
        return "jsonl"
    document = record if record is not None else _object(text.text)
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    if isinstance(document, dict):
        for name, keys in (
            ("json", {"rows"}),
            ("coco", {"images", "annotations"}),
            ("labelstudio", {"predictions"}),
            ("labelstudio", {"data", "annotations"}),
        ):
            if keys <= document.keys():
                return name
    raise text.error("it is JSON, but none of json, jsonl, coco, labelstudio")


def _object(piece: str) -> Any:
    try:
        return json.loads(piece)
    except (ValueError, RecursionError):
        return None


def _line_format(text: BoxText) -> str:
    line, first = next(text.lines())
    if has_header(first):
        return "csv"
    count = len(split(first[:_LOOK]))
    if count == 4:
        if text.path.name.startswith("groundtruth_rect"):
            return "otb"  # only OTB calls its files so
        raise text.error(
            "four numbers a line may be otb (counted from 1) or got10k (from 0): "
            f"say which, as in otb:{text.path}"
        )
    if count == 5:
        return "csv"
    if 6 <= count <= 10:
        return "mot"
    raise text.error(
        f"there are {count} values, expected a table with a header (csv), 4 (otb, got10k), "
        "5 (frame,x,y,w,h) or 10 (mot), or a file of jsonl, json, coco, labelstudio or cvat",
        line=line,
    )
