"""MOTChallenge: ``frame,id,left,top,w,h,conf,-1,-1,-1`` with frame and pixels counted from 1.

The format says that a target is absent by leaving its line out, so lost frames have none.
"""

from __future__ import annotations

from collections.abc import Iterator

from feathertrack.video.formats.boxformat import (
    BoxFormat,
    BoxText,
    Numbered,
    ReadOptions,
    Rows,
    exact,
)
from feathertrack.video.formats.otb import from_one_based, to_one_based
from feathertrack.video.records import ClipInfo


def _encode(rows: Rows, clip: ClipInfo) -> Iterator[str]:
    for row in rows:
        if row.visible and row.box is not None:
            box = ",".join(map(exact, to_one_based(row.box)))
            conf = "-1" if row.score is None else exact(row.score)
            yield f"{row.frame + 1},1,{box},{conf},-1,-1,-1\n"


def _decode(text: BoxText, options: ReadOptions) -> Iterator[Numbered]:
    targets: dict[str, list[Numbered]] = {}
    for line, words in text.lines():
        values = text.numbers(words, at=line)
        if not 6 <= len(values) <= 10:
            message = f"there are {len(values)} numbers, expected 10: frame,id,left,top,w,h,conf"
            raise text.error(message + ",-1,-1,-1", line=line)
        target = str(text.integer(values[1], what="id", line=line))
        targets.setdefault(target, []).append(_row(text, values, line=line))
    yield from text.pick(targets, wanted=options.target) if targets else ()


def _row(text: BoxText, values: list[float], *, line: int) -> Numbered:
    frame = text.integer(values[0], what="frame", line=line)
    if frame < 1:
        raise text.error(f"frame {frame} is below 1, where MOT starts to count", line=line)
    conf = values[6] if len(values) > 6 else -1.0
    score = conf if 0 <= conf <= 1 else None  # detectors write other ranges, -1 means none
    return text.row(frame - 1, from_one_based(values[2:6]), line=line, score=score)


FORMAT = BoxFormat(name="mot", suffix=".txt", encode=_encode, decode=_decode, by_frame=True)
