"""``open_index``: the index of a training set, built where it is missing or stale."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from feathertrack.data.filters import FrameRule
from feathertrack.data.index.building import build
from feathertrack.data.index.counts import Counts
from feathertrack.data.index.freshness import changed_source, write_sources
from feathertrack.data.index.pictures import decoded
from feathertrack.data.index.store import Store
from feathertrack.data.index.training_index import ABOUT, TrainingIndex, read_about
from feathertrack.data.readers import located, reader_of
from feathertrack.data.records import VideoRecord
from feathertrack.errors import SourceError

VERSION = 1
"""Of the files of an index and of what the readers make of a data set; another one is stale."""

Progress = Callable[[Iterator[VideoRecord]], Iterator[VideoRecord]]
"""Passes records on as they are and shows how far it is."""


@dataclass(frozen=True, kw_only=True)
class IndexedSet:
    """What is known of a training set without opening a picture.

    Attributes:
        reader: its layout.
        root: its folder, where the layout begins.
        split: the part of it.
        folder: where the index is.
        counts: how much it holds, and what was left out.
        notes: what was unusual about the root, a sentence each.
        fresh: the index was there already, and nothing has changed since.
    """

    reader: str
    root: Path
    split: str
    folder: Path
    counts: Counts
    notes: tuple[str, ...] = ()
    fresh: bool = True


def open_index(
    reader: str,
    root: str | Path,
    split: str,
    *,
    frames: FrameRule = "visible",
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> TrainingIndex:
    """The index of a part of a training set, built first where it is missing or stale.

    Of several processes that ask at the same time one builds and the others wait.

    Args:
        reader: name of the layout, one of ``READERS``.
        root: folder of the training set; also one level too high or too low.
        split: the part, as the data set names it.
        frames: which boxes count as usable.
        cache: the folder of all indexes; None for the user's cache.
        progress: passes the records of a build on and shows how far it is.

    Raises:
        InputError: no such reader or split, or the index cannot be written.
        SourceError: nothing of the training set in the root; where it holds another one, that is
            named. Or it holds no box that can be used.
    """
    made = make_index(reader, root, split, cache=cache, progress=progress)
    return TrainingIndex(made.folder, made.root, frames=frames)


def make_index(
    reader: str,
    root: str | Path,
    split: str,
    *,
    cache: str | Path | None = None,
    progress: Progress | None = None,
    images: bool = False,
    thorough: bool = False,
    rebuild: bool = False,
) -> IndexedSet:
    """As ``open_index``, but only what is in it.

    Args:
        reader: name of the layout, one of ``READERS``.
        root: folder of the training set.
        split: the part, as the data set names it.
        cache: the folder of all indexes; None for the user's cache.
        progress: passes the records of a build on and shows how far it is.
        images: decode every picture and leave out those that cannot be read; an index that was
            made without is made again.
        thorough: look at every file whether it has changed, not at a sample.
        rebuild: build it in any case.
    """
    place = located(reader, root)
    store = Store.of(cache, reader=reader, root=place.root, split=split)
    seen = _Seen(reader, place.root, split, place.notes, store)

    def ready() -> IndexedSet | None:
        return seen.fresh_one(images=images, every=thorough)

    before = store.current()
    if not rebuild and (found := ready()):
        return found
    with store.building():
        if (not rebuild or store.current() != before) and (found := ready()):
            return found  # another process has built it meanwhile
        records = reader_of(reader)(place.root, split)
        records = decoded(records, place.root) if images else records
        return seen.build(progress(records) if progress else records, images=images)


def find_index(
    reader: str, root: str | Path, split: str, *, cache: str | Path | None = None
) -> IndexedSet | None:
    """What an index says that was built before and is not stale; None where there is none.

    Nothing is built, so that a summary costs milliseconds.

    Raises:
        InputError, SourceError: as ``open_index``.
    """
    place = located(reader, root)
    store = Store.of(cache, reader=reader, root=place.root, split=split)
    return _Seen(reader, place.root, split, place.notes, store).fresh_one(images=False, every=False)


@dataclass(frozen=True)
class _Seen:
    """One training set and the place of its index."""

    reader: str
    root: Path
    split: str
    notes: tuple[str, ...]
    store: Store

    def fresh_one(self, *, images: bool, every: bool) -> IndexedSet | None:
        """The index that is there, None where it is stale, damaged or of another version."""
        folder = self.store.current()
        try:
            if folder is None:
                return None
            about = read_about(folder)
            if about["version"] != VERSION or (images and not about["images"]):
                return None
            if changed_source(folder, self.root, every=every) is not None:
                return None
            return self._made(folder, Counts.from_json(about["counts"]), fresh=True)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def build(self, records: Iterator[VideoRecord], *, images: bool) -> IndexedSet:
        """Make the index of the records, and open it.

        Raises:
            SourceError: no box can be used.
        """
        with self.store.new_generation() as folder:
            counts, sources = build(records, folder)
            if not counts.boxes:
                raise SourceError(_nothing(self, counts))
            write_sources(folder, self.root, sources)
            about = {
                "version": VERSION,
                "reader": self.reader,
                "root": str(self.root),
                "split": self.split,
                "images": images,
                "counts": counts.as_json(),
            }
            text = json.dumps(about, indent=1)
            (folder / ABOUT).write_text(text, encoding="utf-8", errors="replace")
        return self._made(folder, counts, fresh=False)

    def _made(self, folder: Path, counts: Counts, *, fresh: bool) -> IndexedSet:
        return IndexedSet(
            reader=self.reader,
            root=self.root,
            split=self.split,
            folder=folder,
            counts=counts,
            notes=self.notes,
            fresh=fresh,
        )


def _nothing(seen: _Seen, counts: Counts) -> str:
    said = [f"{reason}: {count:,}" for reason, count in counts.dropped.items()]
    examples = [text for texts in counts.examples.values() for text in texts[:1]]
    why = "; ".join([*said, *[f"as {text}" for text in examples[:1]]]) or "no annotation was found"
    part = f", split {seen.split!r}," if seen.split else ""
    return f"{seen.root}{part} holds no box to train on as {seen.reader}: {why}"
