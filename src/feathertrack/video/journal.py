"""The journal of a run: every row is on disk, as a line of JSON, before the next frame is tracked.

``PATH.part`` is such a journal for every box format, so a run that is killed loses no row and a run
of days needs no more memory than a short one. ``read_boxes`` reads it like any jsonl file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from feathertrack.video.formats.boxformat import BoxText
from feathertrack.video.formats.jsonl import decode_row, encode_row
from feathertrack.video.records import TrackRow


class Journal:
    """Rows in a file, in the order in which they came; it can be gone through again and again.

    Attributes:
        path: the file.
        num_rows: rows written.
        ascending: every frame came after the one before.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.num_rows = 0
        self.ascending = True
        self._last_frame = -1
        self._file = path.open("w", encoding="utf-8", newline="\n")

    def append(self, row: TrackRow) -> None:
        """Write a row and hand it to the operating system.

        Raises:
            OSError: the disk is full or gone.
        """
        self._file.write(encode_row(row) + "\n")
        self._file.flush()
        self.ascending = self.ascending and row.frame > self._last_frame
        self._last_frame = row.frame
        self.num_rows += 1

    def __iter__(self) -> Iterator[TrackRow]:
        source = BoxText(self.path, "")
        with self.path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                yield decode_row(source, json.loads(line))[1]

    def close(self) -> None:
        """No more rows; the file stays."""
        with suppress(OSError):  # of a row that could not be written, which was said then
            self._file.close()
