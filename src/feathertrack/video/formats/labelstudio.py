"""Label Studio: a task with one ``videorectangle``; frames from 1, places in percent of the frame.

Between two keyframes Label Studio interpolates, so reading does too. ``enabled: false`` closes a
life-span: it stands on the last frame before the target is absent or lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from feathertrack.errors import InputError
from feathertrack.video.formats.boxformat import BoxFormat, BoxText, Numbered, ReadOptions, Rows
from feathertrack.video.formats.jsonl import parse
from feathertrack.video.records import BoxTuple, ClipInfo, TrackRow

_MOST_ROWS = 5_000_000


def _encode(rows: Rows, clip: ClipInfo) -> Iterator[str]:
    if not (clip.width and clip.height):
        raise InputError(
            "labelstudio writes percent: the width and height of the frames are needed"
        )
    head = {"id": "track1", "type": "videorectangle", "from_name": "box", "to_name": "video"}
    size = {"original_width": clip.width, "original_height": clip.height}
    yield f'{{"data": {json.dumps({"video": clip.name})},\n"predictions": [{{"result": [{{'
    yield f"{json.dumps(head | size)[1:-1]},\n"
    yield f'"value": {{"labels": {json.dumps([clip.label])}, "sequence": ['
    last = -1
    for number, (row, enabled) in enumerate(_keyframes(rows)):
        yield (",\n" if number else "\n") + json.dumps(_keyframe(row, enabled, clip))
        last = row.frame
    count = max(clip.num_frames or 0, last + 1)
    yield f'\n], "framesCount": {count}'
    if clip.fps:
        yield f', "duration": {json.dumps(count / float(clip.fps))}'
    yield "}}]}]}\n"


def _keyframes(rows: Rows) -> Iterator[tuple[TrackRow, bool]]:
    """Visible rows, and whether the target is still there on the row after."""
    last: TrackRow | None = None
    for row in rows:
        if last is not None:
            yield last, row.visible
        last = row if row.visible else None
    if last is not None:
        yield last, False


def _keyframe(row: TrackRow, enabled: bool, clip: ClipInfo) -> dict[str, object]:
    assert row.box is not None, "only visible rows become keyframes"
    x, y, w, h = row.box
    record: dict[str, object] = {
        "frame": row.frame + 1,
        "enabled": enabled,
        "rotation": 0,
        "x": 100 * x / clip.width,
        "y": 100 * y / clip.height,
        "width": 100 * w / clip.width,
        "height": 100 * h / clip.height,
    }
    if row.time is not None:
        record["time"] = row.time
    elif clip.fps:
        record["time"] = row.frame / float(clip.fps)
    return record


def _decode(text: BoxText, options: ReadOptions) -> Iterator[Numbered]:
    result = _result(text, parse(text, text.text), wanted=options.target)
    value = result["value"]
    size = _size(text, result, options)
    sequence = value.get("sequence")
    if not isinstance(sequence, list):
        raise text.error("the value has no list named sequence")
    keys = [_key(text, item, size) for item in sequence]
    keys.sort(key=lambda key: key[0].frame)
    count = value.get("framesCount")
    end = text.integer(count, what="framesCount") if count is not None else 0
    budget = _MOST_ROWS
    for index, (row, enabled) in enumerate(keys):
        yield 0, row
        following = keys[index + 1][0] if index + 1 < len(keys) else None
        stop = end if following is None else following.frame
        if enabled and stop > row.frame + 1:
            budget -= stop - row.frame
            if budget < 0:
                raise text.error(f"interpolation makes over {_MOST_ROWS} boxes")
            yield from ((0, between) for between in _between(row, following, stop))


def _result(text: BoxText, document: Any, *, wanted: str | None) -> dict[str, Any]:
    """The video rectangle of the only task; what people drew comes before predictions."""
    tasks = document if isinstance(document, list) else [document]
    if len(tasks) != 1 or not isinstance(tasks[0], dict):
        raise text.error(f"there are {len(tasks)} tasks in it, expected one")
    answers = tasks[0].get("annotations") or tasks[0].get("predictions")
    first = answers[0] if isinstance(answers, list) and answers else None
    results = first.get("result") if isinstance(first, dict) else None
    if not isinstance(results, list):
        raise text.error("expected annotations or predictions with a list named result")
    targets = {
        str(item.get("id", number)): item
        for number, item in enumerate(results)
        if isinstance(item, dict)
        and item.get("type") == "videorectangle"
        and isinstance(item.get("value"), dict)
    }
    return text.pick(targets, wanted=wanted)


def _size(text: BoxText, result: dict[str, Any], options: ReadOptions) -> tuple[int, int]:
    width = options.width or result.get("original_width")
    height = options.height or result.get("original_height")
    if not width or not height:
        raise text.error("places are in percent: give the width and height of the frames")
    size = text.integer(width, what="width"), text.integer(height, what="height")
    if min(size) < 1:
        raise text.error(f"a frame of {size[0]} x {size[1]} pixels is none")
    return size


def _key(text: BoxText, item: Any, size: tuple[int, int]) -> tuple[TrackRow, bool]:
    if not isinstance(item, dict):
        raise text.error("an item of the sequence is not an object")
    frame = text.integer(item.get("frame"), what="frame")
    if frame < 1:
        raise text.error(f"frame {frame} is below 1, where Label Studio starts to count")
    if text.number(item.get("rotation", 0), what="rotation"):
        raise text.error(f"the box of frame {frame} is rotated: only upright ones can be read")
    x, w = (text.number(item.get(name), what=name) * size[0] / 100 for name in ("x", "width"))
    y, h = (text.number(item.get(name), what=name) * size[1] / 100 for name in ("y", "height"))
    time = item.get("time")
    seconds = None if time is None else text.number(time, what="time")
    _, row = text.row(frame - 1, (x, y, w, h), time=seconds)
    return row, item.get("enabled", True) is not False


def _between(row: TrackRow, following: TrackRow | None, stop: int) -> Iterator[TrackRow]:
    """The boxes of the frames after ``row`` and before ``stop``, on a straight line."""
    assert row.box is not None, "keyframes have boxes"
    goal: BoxTuple = row.box if following is None or following.box is None else following.box
    for frame in range(row.frame + 1, stop):
        part = (frame - row.frame) / (stop - row.frame)
        x, y, w, h = (a + (b - a) * part for a, b in zip(row.box, goal, strict=True))
        yield TrackRow(frame=frame, box=(x, y, w, h))


FORMAT = BoxFormat(
    name="labelstudio",
    suffix=".json",
    encode=_encode,
    decode=_decode,
    by_frame=True,
)
