"""From records to the files of an index, in bounded memory: a chunk of videos at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.data.filters import CONDITIONS, RULES, failed_bits, frame_conditions
from feathertrack.data.index.columns import Writers
from feathertrack.data.index.counts import Counts, Problems
from feathertrack.data.index.naming import pattern_of
from feathertrack.data.records import (
    NO_AREA,
    NOT_FINITE,
    OUTSIDE,
    TWICE,
    WITHOUT_BOX,
    Problem,
    TrackRecord,
    VideoRecord,
)

_CHUNK = 30_000  # boxes or pictures that are worked on together


def build(records: Iterable[VideoRecord], folder: Path) -> tuple[Counts, list[str]]:
    """Write the index of some records into an empty folder.

    Returns:
        The counts, and the files and folders that the records were read from.
    """
    sources: dict[str, None] = {}
    with Writers() as writers:
        chunk = _Chunks(folder, writers)
        for record in records:
            sources.update(dict.fromkeys(record.sources))
            chunk.add(record)
        counts = chunk.finish()
    return counts, list(sources)


class _Chunks:
    """Collects videos and writes them out together, since most have few boxes."""

    def __init__(self, folder: Path, writers: Writers) -> None:
        column = writers.column
        self._names = writers.strings(folder, "video.name")
        self._patterns = writers.strings(folder, "video.pattern")
        self._image_end = column(folder / "video.image_end.npy", np.int64)
        self._track_end = column(folder / "video.track_end.npy", np.int64)
        self._numbers = column(folder / "image.number.npy", np.int64)
        self._odd_names = writers.strings(folder, "image.odd_name")
        self._track_names = writers.strings(folder, "track.name")
        self._track_category = column(folder / "track.category.npy", np.int32)
        self._track_video = column(folder / "track.video.npy", np.int32)
        self._box_end = column(folder / "track.box_end.npy", np.int64)
        self._categories_text = writers.strings(folder, "category")
        self._positions = column(folder / "box.position.npy", np.int32)
        self._boxes = column(folder / "box.xywh.npy", np.float32, width=4)
        self._failed = column(folder / "box.failed.npy", np.uint16)
        self._categories: dict[str, int] = {}
        self._problems = Problems()
        self._usable = dict.fromkeys(RULES, 0)
        self._failures = np.zeros(len(CONDITIONS), np.int64)
        self._waiting: list[VideoRecord] = []
        self._size = 0

    def add(self, record: VideoRecord) -> None:
        for problem in record.problems:
            self._problems.add(problem)
        boxed = np.zeros(len(record.images), np.bool_)
        for track in record.tracks:
            boxed[track.positions] = True
        bare = len(boxed) - int(boxed.sum())
        if bare:
            first = record.images[int(np.flatnonzero(~boxed)[0])]
            self._problems.add(Problem(reason=WITHOUT_BOX, count=bare, example=first))
        self._waiting.append(record)
        self._size += len(record.images) + sum(len(t.positions) for t in record.tracks)
        if self._size >= _CHUNK:
            self._write()

    def finish(self) -> Counts:
        self._write()
        self._categories_text.append(self._categories)
        return Counts(
            videos=len(self._names),
            tracks=len(self._track_names),
            pictures=len(self._numbers),
            boxes=len(self._boxes),
            usable={str(rule): count for rule, count in self._usable.items()},
            failed=dict(zip(CONDITIONS, self._failures.tolist(), strict=True)),
            dropped=self._problems.counts,
            examples=self._problems.examples,
        )

    def _write(self) -> None:
        owners = [(v, t) for v in self._waiting for t in v.tracks if len(t.positions)]
        boxes_of = self._write_boxes(owners) if owners else np.zeros(0, np.int64)
        kept = {id(track): int(n) for (_, track), n in zip(owners, boxes_of, strict=True) if n}
        for video in self._waiting:
            tracks = [track for track in video.tracks if id(track) in kept]
            if tracks:
                self._write_tracks(tracks, video=len(self._names))
                self._write_images(video)
        ends = np.cumsum(boxes_of[boxes_of > 0])
        self._box_end.append(len(self._boxes) - (ends[-1] if len(ends) else 0) + ends)
        self._waiting, self._size = [], 0

    def _write_boxes(self, owners: list[tuple[VideoRecord, TrackRecord]]) -> NDArray[np.int64]:
        """Write the sound boxes of tracks; how many each has."""
        rows = _Rows(owners)
        bits = failed_bits(rows.conditions(), rows.visible)
        sound = np.ones(len(rows.boxes), np.bool_)
        for reason, wrong in rows.faults():
            wrong &= sound
            sound &= ~wrong
            self._complain(reason, np.flatnonzero(wrong), rows)
        self._boxes.append(rows.boxes[sound])
        self._positions.append(rows.positions[sound])
        self._failed.append(bits[sound])
        for rule, mask in RULES.items():
            self._usable[rule] += int(((bits[sound] & mask) == 0).sum())
        self._failures += [int((bits[sound] >> bit & 1).sum()) for bit in range(len(CONDITIONS))]
        return np.add.reduceat(sound.astype(np.int64), rows.starts)

    def _complain(self, reason: str, wrong: NDArray[np.intp], rows: _Rows) -> None:
        if len(wrong):
            example = rows.text(int(wrong[0])) if self._problems.wants_example(reason) else ""
            self._problems.add(Problem(reason=reason, count=len(wrong), example=example))

    def _write_tracks(self, tracks: list[TrackRecord], *, video: int) -> None:
        known = self._categories
        self._track_names.append(track.name for track in tracks)
        self._track_category.append([known.setdefault(t.category, len(known)) for t in tracks])
        self._track_video.append([video] * len(tracks))
        self._track_end.append([len(self._track_names)])

    def _write_images(self, video: VideoRecord) -> None:
        found = pattern_of(video.images)
        if found is None:  # no common pattern: the number is that of a name in a table
            first = len(self._odd_names)
            self._odd_names.append(video.images)
            found = "", list(range(first, len(self._odd_names)))
        pattern, numbers = found
        self._names.append([video.name])
        self._patterns.append([pattern])
        self._numbers.append(numbers)
        self._image_end.append([len(self._numbers)])


class _Rows:
    """The boxes of many tracks as one table, in order of picture within each."""

    def __init__(self, owners: list[tuple[VideoRecord, TrackRecord]]) -> None:
        tracks = [track for _, track in owners]
        lengths = np.array([len(track.positions) for track in tracks])
        self._owners = owners
        self.starts = np.cumsum(lengths) - lengths
        self._track = np.repeat(np.arange(len(tracks)), lengths)
        positions = np.concatenate([track.positions for track in tracks])
        order = np.lexsort((positions, self._track))
        self.positions = positions[order]
        self.boxes: Boxes = np.concatenate([track.boxes for track in tracks])[order]
        self.visible = np.concatenate([track.visible for track in tracks])[order]
        self._floors = np.repeat([track.visible_floor for track in tracks], lengths)
        sizes = [_sizes(video, track) for video, track in owners]
        self._sizes = np.concatenate(sizes)[order]

    def conditions(self) -> NDArray[np.bool_]:
        return frame_conditions(
            self.boxes, self._sizes, self.visible, starts=self.starts, floor=self._floors
        )

    def faults(self) -> Iterable[tuple[str, NDArray[np.bool_]]]:
        """Reasons why boxes cannot be used, and which those are."""
        x, y, w, h = self.boxes.T
        wide, high = np.where(self._sizes > 0, self._sizes, np.inf).T
        yield NOT_FINITE, ~np.isfinite(self.boxes.astype(np.float32)).all(1)
        yield NO_AREA, ~((w > 0) & (h > 0))
        inside: NDArray[np.bool_] = (x < wide) & (y < high) & (x + w > 0) & (y + h > 0)
        yield OUTSIDE, ~inside
        again = (np.diff(self.positions) == 0) & (np.diff(self._track) == 0)
        yield TWICE, np.concatenate([[False], again])

    def text(self, row: int) -> str:
        """One box, for a person."""
        video, track = self._owners[int(self._track[row])]
        numbers = ",".join(f"{value:g}" for value in self.boxes[row])
        return f"{video.images[int(self.positions[row])]}, object {track.name}: {numbers}"


def _sizes(video: VideoRecord, track: TrackRecord) -> NDArray[np.int32]:
    if video.sizes is None:
        return np.zeros((len(track.positions), 2), np.int32)
    if len(video.sizes) == 1:
        return np.broadcast_to(video.sizes, (len(track.positions), 2))
    return video.sizes[track.positions]
