"""GOT-10k: one line per frame, ``x,y,w,h`` from 0 with three decimals, and a file of run times.

The times lie beside the boxes, ``seq_001.txt`` and ``seq_time.txt``: seconds per frame with eight
decimals, written when every row knows them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from feathertrack.video.formats.boxformat import BoxFormat, BoxText, Numbered, ReadOptions, Rows
from feathertrack.video.formats.otb import decode_lines
from feathertrack.video.records import ClipInfo

_ABSENT = (math.nan,) * 4


def time_file(path: Path) -> Path:
    """Where the run times of a result file go.

    >>> time_file(Path("GOT-10k_Test_000001_001.txt")).name
    'GOT-10k_Test_000001_time.txt'
    """
    return path.with_name(re.sub(r"_\d{3}$", "", path.stem) + "_time.txt")


def _encode(rows: Rows, clip: ClipInfo) -> Iterator[str]:
    for row in rows:
        yield ",".join(f"{value:.3f}" for value in row.box or _ABSENT) + "\n"


def _decode(text: BoxText, options: ReadOptions) -> Iterator[Numbered]:
    for line, frame, box in decode_lines(text, options):
        yield text.row(frame, box, line=line)


def _companions(path: Path, rows: Rows) -> dict[Path, Iterator[str]]:
    if any(row.seconds is None for row in rows):
        return {}
    return {time_file(path): (f"{row.seconds:.8f}\n" for row in rows)}


FORMAT = BoxFormat(
    name="got10k",
    suffix=".txt",
    encode=_encode,
    decode=_decode,
    every_frame=True,
    companions=_companions,
)
