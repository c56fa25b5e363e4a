"""From records to the files of an index, in bounded memory: a chunk of videos at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        """Take over a video; what waits is written when it is enough."""
        for problem in record.problems:
            self._problems.add(problem)
        self._count_bare(record)
        self._waiting.append(record)
        self._size += len(record.images) + sum(len(t.positions) for t in record.tracks)
        if self._size >= _CHUNK:
            self._write()

    def _count_bare(self, record: VideoRecord) -> None:
        if len(record.images) == 1 and record.tracks:
            return
        boxed = np.zeros(len(record.images), np.bool_)
        for track in record.tracks:
            boxed[track.positions] = True
        bare = np.flatnonzero(~boxed)
        if len(bare):
            first = record.images[int(bare[0])]
            self._problems.add(Problem(reason=WITHOUT_BOX, count=len(bare), example=first))

    def finish(self) -> Counts:
        """Write what waits; return what the set holds and what was left out."""
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
        kept = {id(track) for (_, track), n in zip(owners, boxes_of.tolist(), strict=True) if n}
        found = [(v, [t for t in v.tracks if id(t) in kept]) for v in self._waiting]
        found = [(video, tracks) for video, tracks in found if tracks]
        ends = np.cumsum(boxes_of[boxes_of > 0])
        self._box_end.append(len(self._boxes) - int(boxes_of.sum()) + ends)
        self._write_tracks([tracks for _, tracks in found])
        self._write_images([video for video, _ in found])
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

    def _write_tracks(self, tracks_of: Sequence[Sequence[TrackRecord]]) -> None:
        known = self._categories
        tracks = [track for tracks in tracks_of for track in tracks]
        counts = np.array([len(tracks) for tracks in tracks_of], np.int64)
        first = len(self._names)  # the videos of this chunk are written after their tracks
        self._track_video.append(np.repeat(np.arange(first, first + len(counts)), counts))
        self._track_end.append(len(self._track_names) + np.cumsum(counts))
        self._track_names.append([track.name for track in tracks])
        self._track_category.append([known.setdefault(t.category, len(known)) for t in tracks])

    def _write_images(self, videos: Sequence[VideoRecord]) -> None:
        patterns: list[str] = []
        numbers: list[int] = []
        odd: list[str] = []
        for video in videos:
            found = pattern_of(video.images)
            if found is None:  # no common pattern: the number is that of a name in a table
                first = len(self._odd_names) + len(odd)
                odd += video.images
                found = "", list(range(first, first + len(video.images)))
            patterns.append(found[0])
            numbers += found[1]
        ends = np.cumsum([len(video.images) for video in videos], dtype=np.int64)
        self._image_end.append(len(self._numbers) + ends)
        self._numbers.append(numbers)
        self._odd_names.append(odd)
        self._names.append([video.name for video in videos])
        self._patterns.append(patterns)


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
        """Which condition of a usable box each row keeps, (rows, conditions)."""
        return frame_conditions(
            self.boxes, self._sizes, self.visible, starts=self.starts, floor=self._floors
        )

    def faults(self) -> Iterable[tuple[str, NDArray[np.bool_]]]:
        """Reasons why boxes cannot be used, and which those are."""
        x, y, w, h = (self.boxes[:, side] for side in range(4))
        wide, high = np.where(self._sizes > 0, self._sizes, np.inf).T
        finite = np.isfinite(self.boxes.astype(np.float32))
        yield NOT_FINITE, np.any(~finite, axis=1)
        yield NO_AREA, ~((w > 0) & (h > 0))
        inside = (x < wide) & (y < high) & (x + w > 0) & (y + h > 0)
        yield OUTSIDE, np.logical_not(inside)
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
        return np.repeat(video.sizes, len(track.positions), axis=0)
    return video.sizes[track.positions]
