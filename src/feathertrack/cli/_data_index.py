"""``feathertrack data index NAME ROOT``: what is in a training set, found out once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from feathertrack.cli._options import Flag
from feathertrack.cli._stopping import stop_signals
from feathertrack.cli._terminal import progress, remark

if TYPE_CHECKING:
    from feathertrack.data.index import IndexedSet
    from feathertrack.data.records import VideoRecord


@dataclass(frozen=True, kw_only=True)
class IndexData:
    """Read the annotations of a training set, and say what is wrong.

    Trainings open the index in milliseconds, and build it where it is missing.

    Killed at any time, the last index stays as it was.

    Examples:
      feathertrack data index got10k ~/data/GOT-10k
      feathertrack data index coco ~/data/coco --split train2017 --images
      feathertrack data index folder ~/data/mine --split folds.json:fit

    Attributes:
        name: The layout: got10k, lasot, trackingnet, vid, det, coco, youtubebb, davis, or folder
            for sequences or a COCO file of yours.
        root: Folder of the set, or the one above or below it.
        split: The part of the set, as it calls it, or several with commas; '' is all. For folder a
            list of names, as folds.json:fit or names.txt.
        output: Folder of all indexes, in place of the user's cache; a training finds them there by
            FEATHERTRACK_CACHE, which names the folder above.
        images: Open and decode every picture too, and leave out those that cannot be read.
        rebuild: Build the index even where nothing has changed.
        lines: How many examples to print of what was left out.
        json: Print JSON instead of text.
    """

    name: Positional[Annotated[str, arg(metavar="NAME")]]

    root: Positional[Annotated[Path, arg(metavar="ROOT")]]

    split: Annotated[str | None, arg(metavar="SPLIT", help_behavior_hint="(default: train)")] = None

    output: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None

    images: Flag = False

    rebuild: Flag = False

    lines: Annotated[int, arg(metavar="N")] = 20

    json: Flag = False

    def run(self) -> int:
        """Build the index where there is none that holds, and print what is in it."""
        from feathertrack.data.index import make_index

        split = self.split
        if split is None:
            split = "" if self.name in ("folder", "davis") else "train"
        with stop_signals() as signals:
            made = make_index(
                self.name,
                self.root,
                split,
                cache=self.output,
                progress=lambda records: _shown(signals.iterate(records)),
                images=self.images,
                thorough=True,
                rebuild=self.rebuild,
            )
        if self.json:
            print(json.dumps(_as_json(made), indent=1))
        else:
            _print(made, lines=self.lines)
        return 0


def _shown(records: Iterator[VideoRecord]) -> Iterator[VideoRecord]:
    """The records, with a bar that counts their pictures."""

    def by_picture() -> Iterator[VideoRecord | None]:
        for record in records:
            yield record
            yield from repeat(None, max(len(record.images) - 1, 0))

    shown = progress(by_picture(), total=None, name="indexing")
    return (record for record in shown if record is not None)


def _as_json(made: IndexedSet) -> dict[str, object]:
    return {
        "name": made.reader,
        "root": str(made.root),
        "split": made.split,
        "index": str(made.folder),
        "notes": list(made.notes),
        **made.counts.as_json(),
    }


def _print(made: IndexedSet, *, lines: int) -> None:
    counts = made.counts
    print(f"root      {made.root}")
    print(f"split     {made.split or 'all'}")
    print(f"index     {made.folder}")
    for note in made.notes:
        print(f"note      {note}")
    print(
        f"holds     {counts.videos:,} videos, {counts.tracks:,} objects, "
        f"{counts.pictures:,} pictures, {counts.boxes:,} boxes"
    )
    rules = ", ".join(f"{rule} {count:,}" for rule, count in counts.usable.items())
    print(f"usable    {rules}")
    for reason, count in counts.failed.items():
        if count:
            print(f"  {count:>10,}  {reason}")
    if counts.dropped:
        print("left out")
    left = max(lines, 0)
    for reason, count in counts.dropped.items():
        print(f"  {count:>10,}  {reason}")
        for example in counts.examples.get(reason, ())[:left]:
            print(f"{'':14}{example}")
            left -= 1
    if made.fresh:
        remark("nothing has changed since the index was built")
